using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>Each head's greatest logit out of queries and keys, in blocks of rows: the whole [time, time] never exists.</summary>
public static class MaximumLogits
{
    /// <summary>Elements of a block of logits, about: 64 MiB of float32.</summary>
    private const long BlockElements = 1L << 24;

    /// <summary>max over batch and visible positions of scale · q k, for each query head.</summary>
    /// <remarks>Cost: one product of queries and keys more than the attention itself. Signed; a NaN stays one.</remarks>
    /// <param name="query">[batch, heads, time, width], as attention takes them (after rotary positions).</param>
    /// <param name="key">[batch, key heads, time of keys, width]; key heads divide the heads.</param>
    /// <param name="causal">Whether a query sees no key after its own position, counted from the end where there are more keys than queries.</param>
    /// <param name="scale">What logits are multiplied by; null: 1 / sqrt(width).</param>
    /// <param name="mask">Added to the logits, or true where a key is seen; broadcast to [batch, heads, time, time of keys]. Null: none.</param>
    /// <returns>[heads], float32.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Tensor Of(Tensor query, Tensor key, bool causal = true, double? scale = null, Tensor? mask = null)
    {
        if (query.dim() != 4 || key.dim() != 4 || query.shape[0] != key.shape[0] || query.shape[3] != key.shape[3] || key.shape[1] == 0 || query.shape[1] % key.shape[1] != 0)
        {
            throw new ArgumentException($"[maximum logits] queries are [batch, heads, time, width], keys the same with heads that divide theirs; [{string.Join(", ", query.shape)}] and [{string.Join(", ", key.shape)}]");
        }

        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (long batch, long heads, long time, long keys) = (query.shape[0], query.shape[1], query.shape[2], key.shape[2]);
        Tensor k = (key.shape[1] == heads ? key : key.repeat_interleave(heads / key.shape[1], dim: 1)).transpose(2, 3);
        Tensor maxima = full([heads], float.NegativeInfinity, ScalarType.Float32, query.device);
        long rows = Math.Clamp(BlockElements / Math.Max(1, batch * heads * keys), 1, time);
        for (long start = 0; start < time; start += rows)
        {
            using DisposeScope block = NewDisposeScope();
            long end = Math.Min(time, start + rows);
            Tensor logits = query.slice(2, start, end, 1).matmul(k).to(ScalarType.Float32).mul_(scale ?? (1 / Math.Sqrt(query.shape[3])));
            if (causal)
            {
                Tensor unseen = arange(keys, device: query.device).unsqueeze(0).gt(arange(start + keys - time, end + keys - time, device: query.device).unsqueeze(1));
                logits.masked_fill_(unseen, float.NegativeInfinity);
            }

            if (mask is not null)
            {
                Tensor part = mask.expand(batch, heads, time, keys).slice(2, start, end, 1);
                logits = part.dtype == ScalarType.Bool ? logits.masked_fill_(part.logical_not(), float.NegativeInfinity) : logits.add_(part);
            }

            maxima.copy_(maxima.maximum(logits.amax([0, 2, 3])));
        }

        return maxima.MoveToOuterDisposeScope();
    }
}
