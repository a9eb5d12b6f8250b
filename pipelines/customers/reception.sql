-- name: add
INSERT INTO uploads (
    tenant_id, upload_id, file_name, kind, bytes, sha256, uploaded_by, uploaded_at, changed_at
)
VALUES (
    current_setting('liftline.tenant'), %(upload_id)s, %(file_name)s, %(kind)s, %(bytes)s, %(sha256)s, %(by)s,
    %(now)s, %(now)s
);

-- name: find
SELECT
    upload_id, file_name, kind, bytes, sha256, uploaded_by, uploaded_at, state, started_by, run, done_bytes,
    summary, sentence, changed_at
FROM uploads
WHERE tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s;

-- name: newest
SELECT
    upload_id, file_name, kind, bytes, sha256, uploaded_by, uploaded_at, state, started_by, run, done_bytes,
    summary, sentence, changed_at
FROM uploads
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (uploaded_at, upload_id) < (coalesce(%(uploaded_at)s::timestamptz, 'infinity'), %(upload_id)s)
ORDER BY uploaded_at DESC, upload_id DESC
LIMIT %(most)s;

-- name: read_otherwise
UPDATE uploads SET
    kind = %(kind)s, state = 'received', sentence = NULL, summary = NULL, done_bytes = 0, changed_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s
    AND state NOT IN ('imported', 'discarded')
    AND (state NOT IN ('queued', 'checking', 'loading') OR changed_at < %(silent)s);

-- name: begin
UPDATE uploads SET
    state = 'queued', started_by = %(by)s, run = NULL, sentence = NULL, summary = NULL, done_bytes = 0,
    changed_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s
    AND state NOT IN ('imported', 'discarded')
    AND (state NOT IN ('queued', 'checking', 'loading') OR changed_at < %(silent)s);

-- name: discard
UPDATE uploads SET state = 'discarded', sentence = NULL, changed_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s
    AND state NOT IN ('imported', 'discarded')
    AND (state NOT IN ('queued', 'checking', 'loading') OR changed_at < %(silent)s);

-- name: log_discard
SELECT append_audit(audit_entry(
    actor => %(by)s, actor_kind => 'person', action => 'upload.discard', decision => 'discarded',
    reason => %(reason)s, object => %(upload_id)s
)) AS seq;

-- name: name_run
UPDATE uploads SET run = %(run)s
WHERE tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s;

-- name: say
UPDATE uploads SET
    state = %(state)s, sentence = %(sentence)s, summary = %(summary)s, changed_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s
    -- A run that was thought dead and ends after all brings no file back.
    AND state <> 'discarded';

-- name: progress
UPDATE uploads SET done_bytes = %(done)s, changed_at = %(now)s
WHERE tenant_id = current_setting('liftline.tenant') AND upload_id = %(upload_id)s;
