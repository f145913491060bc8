// Package storetest is the executable contract of [belfry.Store]: [Run] is the suite that every store passes, and
// [Memory] the model that it is compared with.
//
// Each subtest of the suite executes one rule of the interface's comments and names what a person would see if it were
// broken. The last of them, "model", plays random histories against a store and the model side by side.
//
// Only tests import this package.
package storetest
