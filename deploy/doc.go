// Package deploy holds what Belfry is deployed with, and the tests of it. No container runs in them: the image is put together as the Dockerfile
// says and run in a bare root directory as its user; the composition's programs are started on one machine; the unit is read by systemd's
// own checker, and what the program asks of the kernel is held against its filter; manifests are decoded by Kubernetes' own types.
package deploy
