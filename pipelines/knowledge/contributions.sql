-- name: newest
SELECT
    c.contribution_id, c.name, c.version, c.bytes, c.sha256, c.brought_by, c.brought_at, c.state, c.approved_by,
    c.approved_at, c.ended_by, c.ended_at, c.comment,
    d.path IS NOT NULL AS indexed
FROM contributions AS c
LEFT JOIN (
    SELECT DISTINCT path FROM documents
    WHERE tenant_id = current_setting('liftline.tenant') AND retired_at IS NULL AND path LIKE '/brought/%%'
) AS d ON d.path = '/brought/' || c.version || '/' || c.name
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (c.brought_at, c.contribution_id)
    < (coalesce(%(brought_at)s::timestamptz, 'infinity'), %(contribution_id)s)
ORDER BY c.brought_at DESC, c.contribution_id DESC
LIMIT %(most)s;

-- name: waiting_for
-- What waits for somebody else than who brought it.
SELECT contribution_id, name, version, brought_by FROM contributions
WHERE
    tenant_id = current_setting('liftline.tenant') AND state = 'waiting'
    AND lower(btrim(brought_by)) <> lower(btrim(%(by)s))
ORDER BY name
LIMIT %(most)s;

-- name: find
SELECT
    c.contribution_id, c.name, c.version, c.bytes, c.sha256, c.brought_by, c.brought_at, c.state, c.approved_by,
    c.approved_at, c.ended_by, c.ended_at, c.comment,
    d.path IS NOT NULL AS indexed
FROM contributions AS c
LEFT JOIN (
    SELECT DISTINCT path FROM documents
    WHERE tenant_id = current_setting('liftline.tenant') AND retired_at IS NULL AND path LIKE '/brought/%%'
) AS d ON d.path = '/brought/' || c.version || '/' || c.name
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.contribution_id = %(contribution_id)s;

-- name: content
SELECT name, content FROM contributions
WHERE tenant_id = current_setting('liftline.tenant') AND contribution_id = %(contribution_id)s;

-- name: in_force
SELECT contribution_id FROM contributions
WHERE
    tenant_id = current_setting('liftline.tenant') AND name = %(name)s AND sha256 = %(sha256)s
    AND state IN ('waiting', 'approved')
ORDER BY version DESC
LIMIT 1;

-- name: approved
SELECT name, version, content, approved_by, (approved_at AT TIME ZONE 'UTC')::date AS approved_on
FROM contributions
WHERE tenant_id = current_setting('liftline.tenant') AND state = 'approved'
ORDER BY name;

-- name: elsewhere
-- Documents of these ids that come from somewhere else.
SELECT document_id, path FROM documents
WHERE
    tenant_id = current_setting('liftline.tenant') AND document_id = any(%(ids)s) AND retired_at IS NULL
    AND NOT (path LIKE '/brought/%%' AND split_part(path, '/', 4) = %(name)s)
ORDER BY document_id;

-- name: replace
UPDATE contributions SET state = 'replaced', ended_by = %(by)s, ended_at = %(now)s
WHERE tenant_id = current_setting('liftline.tenant') AND name = %(name)s AND state = %(state)s;

-- name: bring
INSERT INTO contributions (
    tenant_id, contribution_id, name, version, content, sha256, brought_by, brought_at
)
SELECT
    current_setting('liftline.tenant'), %(contribution_id)s, %(name)s, 1 + coalesce(max(version), 0), %(content)s,
    %(sha256)s, %(by)s, %(now)s
FROM contributions
WHERE tenant_id = current_setting('liftline.tenant') AND name = %(name)s;

-- name: approve
UPDATE contributions SET state = 'approved', approved_by = %(by)s, approved_at = %(now)s, comment = %(comment)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND contribution_id = %(contribution_id)s AND state = 'waiting';

-- name: end
UPDATE contributions SET state = %(state)s, ended_by = %(by)s, ended_at = %(now)s, comment = %(comment)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND contribution_id = %(contribution_id)s
    AND state = any(%(from_states)s);

-- name: unapprove
-- At once, whether or not the next indexing succeeds: what cites an ended version waits, and nobody finds it.
UPDATE passages AS p SET approved_by = null
FROM contributions AS c
INNER JOIN documents AS d ON d.tenant_id = c.tenant_id AND d.path = '/brought/' || c.version || '/' || c.name
WHERE
    c.tenant_id = current_setting('liftline.tenant') AND c.name = %(name)s AND c.state IN ('replaced', 'withdrawn')
    AND d.retired_at IS NULL
    AND p.tenant_id = d.tenant_id AND p.document_id = d.document_id
    AND p.retired_at IS NULL AND p.approved_by IS NOT NULL;

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s, actor_kind => 'person', action => %(action)s, decision => %(decision)s, reason => %(reason)s,
    object => %(name)s, content_hash => %(sha256)s
)) AS seq;

-- name: one_at_a_time
SELECT pg_advisory_xact_lock(hashtextextended('contributions of ' || current_setting('liftline.tenant'), 0));
