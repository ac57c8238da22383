// Package isolation walks every route of the registry as every kind of actor
// against every kind of foreign object and judges what comes back.
//
// It decides what must be seen: from the route's audience and right and from
// the relation between actor and object, never from what the program answers.
// What an actor may not see must look exactly like what does not exist (same
// status, head and body as for an invented identifier), must leave the object
// as it was, and no mark that a person's data carry may come out anywhere: not
// in an answer, the log, a mail, a job, the database in the clear.
//
// A route whose parameters it cannot fill is a finding: nobody adds an address
// without saying what its parameters are (param.go). That the walk finds a
// missing check is itself tested, with planted routes.
//
// Norm: OWASP ASVS 5.0 8.2, 8.4.1; TR-03172-3 A3.14.07. Imported from tests only.
package isolation
