SELECT
    tenant_id,
    experiment_key,
    readout,
    as_of,
    final,
    verdict,
    winner,
    reason
FROM {{ source('liftline', 'experiment_readouts') }}
