SELECT tenant_id, batch_id, lines, loaded, merged, quarantined
FROM {{ ref('data_quality_by_upload') }}
WHERE lines <> loaded + merged + quarantined
