-- name: superfluous
-- Of each scheme the newest stay. What a campaign was launched on is evidence, and is never in this list.
CREATE TEMP TABLE superfluous ON COMMIT DROP AS
SELECT s.snapshot_id
FROM (
    SELECT
        snapshot_id,
        row_number() OVER (PARTITION BY scheme ORDER BY taken_at DESC, snapshot_id DESC) AS place
    FROM segment_snapshots
    WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id IS NULL
) AS s
WHERE s.place > %(keep)s;

-- name: prune_members
DELETE FROM segment_members
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND snapshot_id IN (SELECT snapshot_id FROM superfluous);

-- name: prune_segments
DELETE FROM segments
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND snapshot_id IN (SELECT snapshot_id FROM superfluous);

-- name: prune_snapshots
DELETE FROM segment_snapshots
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND snapshot_id IN (SELECT snapshot_id FROM superfluous);

-- name: prune_profiles
-- Profiles of a moment stay as long as a snapshot was taken of it; the newest stay in any case.
DELETE FROM profiles
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND as_of NOT IN (
        SELECT as_of FROM segment_snapshots
        WHERE tenant_id = current_setting('liftline.tenant')
    )
    AND as_of < (
        SELECT max(as_of) FROM profiles
        WHERE tenant_id = current_setting('liftline.tenant')
    );

-- name: prune_sets
DELETE FROM profile_sets AS s
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND NOT EXISTS (
        SELECT 1 FROM profiles AS p
        WHERE p.tenant_id = current_setting('liftline.tenant') AND p.as_of = s.as_of
    );
