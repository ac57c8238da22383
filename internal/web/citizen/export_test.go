package citizen

// Leave is for tests: no partner of the demonstration lies outside.
var Leave = (*Server).leave
