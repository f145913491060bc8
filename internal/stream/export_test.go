package stream

// HoleWait is how long a hole may stand.
const HoleWait = holeWait
