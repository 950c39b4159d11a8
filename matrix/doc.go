// Package matrix composes the floors below into one running whole: the register and the vault, the publisher, the
// desk and the collector of figures, over one engine and the adapters of the platforms (政务新媒体矩阵).
//
// An application opens an engine (matrix/sqlite, matrix/postgres), migrates it, builds a [Matrix] with the adapters it needs, and calls
// [Matrix.Run]. Nothing is started by a constructor, and nothing is global: two matrices in one process do not meet.
package matrix
