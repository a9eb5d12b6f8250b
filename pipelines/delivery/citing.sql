-- name: spoilt
-- Of each of these texts the first passage that it cites and that may be cited no more, and why.
SELECT DISTINCT ON (n.variant_id, n.version)
    n.variant_id,
    n.version,
    coalesce(p.document_id, one.passage_id) AS document_id,
    coalesce(p.title, '') AS title,
    p.expires_at,
    w.code
FROM variant_sentences AS n
INNER JOIN unnest(%(variants)s::text[], %(versions)s::integer[]) AS k (variant_id, version)
    ON k.variant_id = n.variant_id AND k.version = n.version
CROSS JOIN LATERAL unnest(n.passage_ids) AS one (passage_id)
LEFT JOIN passages AS p ON p.tenant_id = n.tenant_id AND p.passage_id = one.passage_id
CROSS JOIN LATERAL (
    SELECT why_uncitable(
        p.passage_id, p.retired_at, p.approved_by, p.approved_at, p.expires_at, %(today)s::date
    ) AS code
) AS w
WHERE n.tenant_id = %(tenant)s AND n.verdict = 'supported' AND w.code IS NOT NULL
ORDER BY n.variant_id, n.version, n.position, one.passage_id;

-- name: held_texts
SELECT DISTINCT
    variant_id,
    version
FROM sends
WHERE
    tenant_id = %(tenant)s
    AND campaign_id = %(campaign_id)s
    AND waiting
    AND reason_code = ANY(%(codes)s::text[]);

-- name: hold_texts
-- Everybody who waits for the text, due or not: what is said of it holds for all of them.
UPDATE sends AS s SET not_before = greatest(s.not_before, %(until)s), reason_code = w.code, reason = w.reason
FROM unnest(
    %(variants)s::text[], %(versions)s::integer[], %(codes)s::text[], %(reasons)s::text[]
) AS w (variant_id, version, code, reason)
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND s.variant_id = w.variant_id
    AND s.version = w.version
    AND s.waiting;

-- name: release_texts
UPDATE sends AS s SET not_before = null, reason_code = null, reason = null
FROM unnest(%(variants)s::text[], %(versions)s::integer[]) AS w (variant_id, version)
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND s.variant_id = w.variant_id
    AND s.version = w.version
    AND s.waiting
    AND s.reason_code = ANY(%(codes)s::text[]);
