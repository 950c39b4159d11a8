package matrix

import "context"

// Restored (从备份恢复) is to be called once after the database was restored from a backup, before anything runs: what waited
// to be sent when the backup was taken may have been sent since. Every such delivery becomes unknown: the platform is
// read, and it is sent only when it is proved absent; where nothing can be read a person decides. It returns how many
// there are. note says which backup it was and is kept in the audit log.
//
// What the database cannot know: a decision that a person took after the backup is lost. A post that was planned for
// later and brought forward, or one that was withdrawn, stands as it stood.
func (m *Matrix) Restored(ctx context.Context, actor, note string) (int, error) {
	return m.engine.Restored(ctx, actor, note)
}
