SELECT
    b.tenant_id,
    b.batch_id,
    b.kind,
    b.file_name,
    (b.imported_at AT TIME ZONE 'UTC')::date AS imported_on,
    b.lines,
    b.loaded,
    b.merged,
    b.quarantined,
    {{ rate('b.quarantined', 'b.lines') }} AS quarantine_rate,
    r.code AS main_reason
FROM {{ ref('stg_import_batches') }} AS b
LEFT JOIN LATERAL (
    SELECT said.code
    FROM jsonb_each_text(CASE WHEN jsonb_typeof(b.reasons) = 'object' THEN b.reasons ELSE '{}'::jsonb END)
        AS said (code, times)
    ORDER BY said.times::numeric DESC, said.code ASC
    LIMIT 1
) AS r ON true
