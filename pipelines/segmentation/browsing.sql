-- name: snapshots
SELECT snapshot_id, scheme, as_of, campaign_id, customers, taken_at
FROM segment_snapshots
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (taken_at, snapshot_id) < (coalesce(%(taken_at)s::timestamptz, 'infinity'), %(snapshot_id)s)
ORDER BY taken_at DESC, snapshot_id DESC
LIMIT %(most)s;

-- name: snapshot
SELECT snapshot_id, scheme, as_of, campaign_id, customers, taken_at
FROM segment_snapshots
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s;

-- name: segments
SELECT segment, description, customers, flag
FROM segments
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s
ORDER BY customers DESC, segment;

-- name: members
SELECT customer_id, segment, reason
FROM segment_members
WHERE
    tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s
    AND customer_id > %(after)s
ORDER BY customer_id
LIMIT %(most)s;

-- name: members_of_segment
SELECT customer_id, segment, reason
FROM segment_members
WHERE
    tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s AND segment = %(segment)s
    AND customer_id > %(after)s
ORDER BY customer_id
LIMIT %(most)s;
