// Package reads counts which rows a page reads: a signed-in page costs one
// indexed read of a session and no more, on every door.
//
// The count is the database's own: the table is put behind a view whose
// condition calls a function of ours for each row that SQLite looks at.
package reads
