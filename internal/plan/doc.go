// Package plan calculates what a number of people need: nodes, memory, cores, disk, messages between nodes, mail.
//
// It is arithmetic on [Figures], each of which was measured or is assumed, and says which. Nothing is looked up, so the same question
// has the same answer everywhere. All of it is per second at the busiest time of the day, unless a name says otherwise.
package plan
