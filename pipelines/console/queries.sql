-- name: roles_of
SELECT tenant_id, roles FROM roles_of(%(user)s);

-- name: key_comes_in
SELECT tenant_id, roles, used FROM key_comes_in(%(key_id)s, %(secret_hash)s, %(now)s);

-- name: api_keys
SELECT key_id, name, roles, created_by, created_at, expires_at, revoked_at, last_used_at, replaces
FROM api_keys
WHERE tenant_id = current_setting('liftline.tenant')
ORDER BY created_at DESC, key_id
LIMIT %(most)s;

-- name: open_key
SELECT key_id, name, roles, expires_at FROM api_keys
WHERE
    tenant_id = current_setting('liftline.tenant') AND key_id = %(key_id)s
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s);

-- name: make_key
INSERT INTO api_keys (
    tenant_id, key_id, name, secret_hash, roles, created_by, created_at, expires_at, replaces
)
VALUES (
    current_setting('liftline.tenant'), %(key_id)s, %(name)s, %(secret_hash)s, %(roles)s, %(by)s, %(now)s,
    %(expires_at)s, %(replaces)s
);

-- name: end_key
UPDATE api_keys SET expires_at = least(expires_at, %(at)s)
WHERE tenant_id = current_setting('liftline.tenant') AND key_id = %(key_id)s AND revoked_at IS NULL;

-- name: revoke_key
UPDATE api_keys SET revoked_at = %(now)s
WHERE tenant_id = current_setting('liftline.tenant') AND key_id = %(key_id)s AND revoked_at IS NULL;

-- name: log_key
SELECT append_audit(audit_entry(
    actor => %(by)s, actor_kind => 'person', action => %(action)s, decision => %(decision)s,
    reason => %(reason)s, object => %(key_id)s
)) AS seq;

-- name: count_request
SELECT count_in_minute(%(caller)s, 1, %(now)s) AS used;

-- name: forget_answers
DELETE FROM idempotency_keys
WHERE tenant_id = current_setting('liftline.tenant') AND made_at < %(before)s;

-- name: begin_answer
-- A request that never came to its end gives its key back after a while.
INSERT INTO idempotency_keys AS i (tenant_id, caller, key, fingerprint, made_at)
VALUES (current_setting('liftline.tenant'), %(caller)s, %(key)s, %(fingerprint)s, %(now)s)
ON CONFLICT (tenant_id, caller, key) DO UPDATE SET made_at = excluded.made_at
WHERE i.status IS NULL AND i.fingerprint = excluded.fingerprint AND i.made_at < %(abandoned)s
RETURNING key;

-- name: given_answer
SELECT fingerprint, status, location, body FROM idempotency_keys
WHERE tenant_id = current_setting('liftline.tenant') AND caller = %(caller)s AND key = %(key)s;

-- name: keep_answer
UPDATE idempotency_keys SET status = %(status)s, location = %(location)s, body = %(body)s
WHERE tenant_id = current_setting('liftline.tenant') AND caller = %(caller)s AND key = %(key)s;

-- name: drop_answer
DELETE FROM idempotency_keys
WHERE
    tenant_id = current_setting('liftline.tenant') AND caller = %(caller)s AND key = %(key)s AND status IS NULL;

-- name: add_job
INSERT INTO jobs (tenant_id, job_id, kind, asked, asked_by, asked_at, seen_at)
VALUES (
    current_setting('liftline.tenant'), %(job_id)s, %(kind)s, %(asked)s, %(by)s, %(now)s, %(now)s
)
ON CONFLICT (tenant_id, job_id) DO NOTHING;

-- name: job
SELECT job_id, kind, asked, asked_by, asked_at, state, result, sentence, seen_at FROM jobs
WHERE tenant_id = current_setting('liftline.tenant') AND job_id = %(job_id)s;

-- name: jobs
SELECT job_id, kind, asked, asked_by, asked_at, state, result, sentence, seen_at FROM jobs
WHERE
    tenant_id = current_setting('liftline.tenant') AND kind = %(kind)s
    -- Every asking holds the empty one.
    AND asked @> %(asked)s
ORDER BY asked_at DESC
LIMIT %(most)s;

-- name: forget_jobs
DELETE FROM jobs
WHERE
    tenant_id = current_setting('liftline.tenant') AND seen_at < %(before)s AND kind <> ALL(%(lasting)s::text[]);

-- name: job_seen
UPDATE jobs SET seen_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND job_id = %(job_id)s AND state IN ('queued', 'running');

-- name: job_runs
UPDATE jobs SET state = 'running', seen_at = %(now)s
WHERE tenant_id = current_setting('liftline.tenant') AND job_id = %(job_id)s;

-- name: end_job
UPDATE jobs SET state = %(state)s, result = %(result)s, sentence = %(sentence)s, seen_at = %(now)s
WHERE tenant_id = current_setting('liftline.tenant') AND job_id = %(job_id)s;
