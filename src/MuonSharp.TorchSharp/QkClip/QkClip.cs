using System.Collections.Immutable;
using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>QK-clip: after the optimizer's step, scales the query and key weights of each head whose greatest logit passed τ (MuonClip).</summary>
/// <remarks>
/// <para>γ_h = min(1, τ/S_h), S_h the greatest scaled logit before the softmax that the forward pass of this very step saw, signed. With g the least γ of the heads that share a key:
/// K *= √g, Q_h *= γ_h/√g, so each head's logits are scaled by its own γ_h exactly. A query whose key is shared and left alone gets γ_h.</para>
/// <para>In order: <see cref="Observe"/> in each forward pass, the optimizer's step, <see cref="Clip"/>. Everything stays on the weights' device and nothing is read back; heads that do not
/// fire are multiplied by 1. Negative maxima never clip, nor do maxima that are not finite. Momentum stays as it is.</para>
/// <para>Source: Kimi K2, arXiv:2507.20534, algorithm 1; the rule for shared keys is this project's.</para>
/// </remarks>
public sealed class QkClip : IDisposable
{
    private readonly Dictionary<string, Layer> _layers = new(StringComparer.Ordinal);

    /// <summary>A clip without layers.</summary>
    /// <param name="tau">The greatest logit that is left alone, above 0.</param>
    /// <exception cref="ArgumentException">τ is not positive.</exception>
    public QkClip(double tau = Optimizers.QkClip.DefaultTau) => Tau = tau > 0 && double.IsFinite(tau)
        ? tau
        : throw new ArgumentException($"[qk-clip] tau is a positive number; {tau}");

    /// <summary>The greatest logit that is left alone.</summary>
    public double Tau { get; }

    /// <summary>The layers, in the order in which they were registered.</summary>
    public IEnumerable<AttentionWeights> Layers => _layers.Values.Select(static layer => layer.Weights);

    /// <summary>Adds a layer.</summary>
    /// <param name="weights">Its query and key parameters.</param>
    /// <returns>The same, for <see cref="Observe"/>.</returns>
    /// <exception cref="ArgumentException">Another layer has its name.</exception>
    public AttentionWeights Register(AttentionWeights weights) => _layers.TryAdd(weights.Name, new Layer(weights))
        ? weights
        : throw new ArgumentException($"[qk-clip] layers have names of their own; '{weights.Name}' came twice");

    /// <summary>Takes the maxima of one forward pass into those of the step. Not for evaluations: what is not observed cannot clip.</summary>
    /// <param name="weights">A registered layer.</param>
    /// <param name="maximumLogits">Each head's greatest scaled, visible logit, [heads]; <see cref="MaximumLogits.Of"/> computes them.</param>
    /// <exception cref="ArgumentException">The layer is not registered, or there is not one maximum a head.</exception>
    public void Observe(AttentionWeights weights, Tensor maximumLogits)
    {
        if (!_layers.TryGetValue(weights.Name, out Layer? layer) || layer.Weights != weights || maximumLogits.numel() != weights.Heads)
        {
            throw new ArgumentException($"[qk-clip] there is one maximum logit for each head of a registered layer; {maximumLogits.numel()} came for '{weights.Name}'");
        }

        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor maxima = maximumLogits.detach().reshape(-1).to(ScalarType.Float32);
        layer.Replace(layer.Observed is { } before ? before.maximum(maxima) : maxima.clone());
    }

    /// <summary>Clips what was observed since the last call; to be called once after every step.</summary>
    /// <param name="skipped">Whether the step was skipped (<see cref="MuonStepReport.Skipped"/>): then nothing is scaled.</param>
    public void Clip(bool skipped = false)
    {
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (Layer layer in _layers.Values)
        {
            layer.Clip(Tau, skipped);
        }
    }

    /// <summary>What the last <see cref="Clip"/> saw and did, read back from the device.</summary>
    public ImmutableArray<ClippedHead> Report()
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. _layers.Values.SelectMany(static layer => layer.Report())];
    }

    /// <summary>Frees what was observed; the weights are their module's.</summary>
    public void Dispose()
    {
        foreach (Layer layer in _layers.Values)
        {
            layer.Dispose();
        }
    }

    /// <summary>A layer with its heads' maxima.</summary>
    private sealed class Layer(AttentionWeights weights) : IDisposable
    {
        private Tensor? _clipped;
        private Tensor? _factors;

        public AttentionWeights Weights => weights;

        /// <summary>Maxima since the last clip; null when there are none.</summary>
        public Tensor? Observed { get; private set; }

        public void Replace(Tensor maxima)
        {
            Observed?.Dispose();
            Observed = maxima.DetachFromDisposeScope();
        }

        public void Clip(double tau, bool skipped)
        {
            _clipped?.Dispose();
            _factors?.Dispose();
            (_clipped, _factors) = (Observed, null);
            Observed = null;
            if (_clipped is not { } maxima || skipped)
            {
                return;
            }

            // NaN compares as false, infinity is told apart.
            Tensor factors = where(maxima.gt(tau).logical_and(maxima.isfinite()), maxima.reciprocal().mul(tau), ones_like(maxima));
            _factors = factors.DetachFromDisposeScope();
            Tensor least = factors.reshape(weights.KeyValueHeads, -1).amin([1]);
            Tensor roots = least.sqrt();
            foreach (HeadRows rows in weights.Rows)
            {
                rows.Scale(rows.Side switch
                {
                    HeadSide.Key => roots,
                    HeadSide.Query => factors.div(roots.repeat_interleave(weights.Heads / weights.KeyValueHeads)),
                    _ => factors,
                });
            }
        }

        public IEnumerable<ClippedHead> Report()
        {
            float[] maxima = Read(_clipped, float.NegativeInfinity), factors = Read(_factors, 1);
            return maxima.Select((maximum, head) => new ClippedHead(weights.Name, head, maximum, factors[head]));
        }

        public void Dispose()
        {
            Observed?.Dispose();
            _clipped?.Dispose();
            _factors?.Dispose();
        }

        private float[] Read(Tensor? values, float otherwise) => values is null
            ? [.. Enumerable.Repeat(otherwise, weights.Heads)]
            : values.cpu().data<float>().ToArray();
    }
}

/// <summary>What the last clip saw of one head, and what it did.</summary>
/// <param name="Layer">The layer's name.</param>
/// <param name="Head">The query head's number in the layer, from 0.</param>
/// <param name="MaximumLogit">The greatest scaled, visible logit of the step; -∞ when none was observed.</param>
/// <param name="Factor">What its logits were multiplied by; 1 when it was left alone.</param>
public readonly record struct ClippedHead(string Layer, int Head, float MaximumLogit, float Factor);
