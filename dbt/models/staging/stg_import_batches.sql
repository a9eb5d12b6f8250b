SELECT
    tenant_id,
    batch_id,
    seq AS batch_seq,
    kind,
    file_name,
    rows AS lines,
    loaded,
    merged,
    quarantined,
    reasons,
    imported_at
FROM {{ source('liftline', 'import_batches') }}
