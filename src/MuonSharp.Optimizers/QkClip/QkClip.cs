using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>QK-clip: after the update, scales the query and key weights of each head whose greatest logit passed τ (MuonClip).</summary>
/// <remarks>
/// <para>γ_h = min(1, τ/S_h), S_h the greatest scaled logit before the softmax that the forward pass of this very step saw, signed. With g the
/// least γ of the heads that share a key: K *= √g, Q_h *= γ_h/√g, so each head's logits are scaled by its own γ_h exactly. With a key for each
/// head both get √γ. A query whose key is shared and left alone (latent attention's rotary part) gets γ_h.</para>
/// <para>In order: <see cref="Observe"/> for each micro-batch, the optimizer's step, <see cref="Apply"/>. Values, output projection and momentum
/// stay as they are. Negative maxima never clip, nor do maxima that are not finite, nor does a skipped step; what is not observed (an
/// evaluation) cannot clip.</para>
/// <para>Cost: one multiplication for each weight of a head that fires; nothing is allocated. State: two floats a head.</para>
/// <para>Source: Kimi K2, arXiv:2507.20534, algorithm 1; the rule for shared keys is this project's.</para>
/// </remarks>
public sealed unsafe class QkClip : IDisposable
{
    /// <summary>Kimi K2's τ.</summary>
    public const double DefaultTau = 100;

    private readonly ImmutableArray<AttentionHeads> _layers;
    private readonly NativeBuffer _state;
    private readonly float[] _observed;
    private readonly float[] _maxima;
    private readonly double[] _factors;

    /// <summary>A clip over the attention layers of a model.</summary>
    /// <param name="layers">The layers, in the order of their maximum logits.</param>
    /// <param name="tau">The greatest logit that is left alone, above 0; default 100.</param>
    /// <exception cref="ArgumentException">There is no layer, two have one name, one has heads that cannot be scaled, or τ is not positive.</exception>
    public QkClip(IReadOnlyList<AttentionHeads> layers, double tau = DefaultTau)
    {
        _layers = [.. layers];
        Check(_layers, tau);
        Tau = tau;
        HeadCount = _layers.Sum(layer => layer.Heads);
        _state = new NativeBuffer(2L * HeadCount);
        _observed = new float[HeadCount];
        Array.Fill(_observed, float.NegativeInfinity);
        _maxima = [.. _observed];
        _factors = new double[HeadCount];
        Array.Fill(_factors, 1);
        Report = new QkClipReport(this);
        StateTensors = [.. Tensors("log-factor", LogFactors), .. Tensors("clips", Clips)];
    }

    /// <summary>The greatest logit that is left alone.</summary>
    public double Tau { get; }

    /// <summary>The layers, in the order of their maximum logits.</summary>
    public IReadOnlyList<AttentionHeads> Layers => _layers;

    /// <summary>Number of query heads, over all layers.</summary>
    public int HeadCount { get; }

    /// <summary>What the last <see cref="Apply"/> did; the same object every step.</summary>
    public QkClipReport Report { get; }

    /// <summary>Each head's accumulated factor (as its natural logarithm, which does not underflow) and how often it was clipped: views.</summary>
    public IReadOnlyList<StateTensor> StateTensors { get; }

    private float* LogFactors => _state.Pointer;

    private float* Clips => _state.Pointer + HeadCount;

    /// <summary>Takes the maxima of one forward pass into those of the step. A NaN stays one.</summary>
    /// <param name="maximumLogits">Each head's greatest scaled, visible logit, [layers, heads].</param>
    /// <exception cref="ArgumentException">There is not one maximum a head.</exception>
    public void Observe(ReadOnlySpan<float> maximumLogits)
    {
        if (maximumLogits.Length != HeadCount)
        {
            throw new ArgumentException($"[qk-clip] there is one maximum logit for each of {HeadCount} heads; {maximumLogits.Length} came");
        }

        for (int head = 0; head < _observed.Length; head++)
        {
            _observed[head] = MathF.Max(_observed[head], maximumLogits[head]);
        }
    }

    /// <summary>Clips what was observed since the last call; to be called once after every step, skipped ones included.</summary>
    /// <param name="skipped">Whether the step was skipped (<see cref="StepReport.Skipped"/>): then nothing is scaled.</param>
    /// <returns>What happened; the same object every step, valid until the next one.</returns>
    public QkClipReport Apply(bool skipped)
    {
        Report.ClippedHeads = 0;
        for (int head = 0; head < _observed.Length; head++)
        {
            float maximum = _observed[head];
            (_maxima[head], _observed[head], _factors[head]) = (maximum, float.NegativeInfinity, 1);
            if (!skipped && maximum > Tau && float.IsFinite(maximum))
            {
                _factors[head] = Tau / maximum;
                Report.ClippedHeads++;
                LogFactors[head] = (float)(LogFactors[head] + PortableMath.Log(_factors[head]));
                Clips[head]++;
            }
        }

        for (int layer = 0, first = 0; layer < _layers.Length && Report.ClippedHeads > 0; layer++)
        {
            Scale(_layers[layer], _factors.AsSpan(first, _layers[layer].Heads));
            first += _layers[layer].Heads;
        }

        return Report;
    }

    /// <summary>Frees the state.</summary>
    public void Dispose() => _state.Dispose();

    internal HeadClip Head(int index)
    {
        int layer = 0, head = index;
        while (head >= _layers[layer].Heads)
        {
            head -= _layers[layer++].Heads;
        }

        return new HeadClip(layer, head, _maxima[index], _factors[index], Math.Exp(LogFactors[index]), (long)Clips[index]);
    }

    private static void Scale(AttentionHeads layer, ReadOnlySpan<double> factors)
    {
        int group = layer.Heads / layer.KeyValueHeads;
        foreach (HeadSlice slice in layer.Slices)
        {
            int count = layer.CountOf(slice);
            for (int head = 0; head < count; head++)
            {
                int keyHead = slice.Side == HeadSide.Key ? head : head / group;
                double least = Least(factors.Slice(keyHead * group, group));
                if (least == 1)
                {
                    continue;
                }

                slice.Scale(head, (float)(slice.Side switch
                {
                    HeadSide.Key => Math.Sqrt(least),
                    HeadSide.Query => factors[head] / Math.Sqrt(least),
                    _ => factors[head],
                }));
            }
        }
    }

    private static double Least(ReadOnlySpan<double> factors)
    {
        double least = 1;
        foreach (double factor in factors)
        {
            least = Math.Min(least, factor);
        }

        return least;
    }

    private static void Check(ImmutableArray<AttentionHeads> layers, double tau)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        AttentionHeads? unfit = layers.FirstOrDefault(layer => layer.Obstacle is not null);
        AttentionHeads? twice = layers.FirstOrDefault(layer => !names.Add(layer.Name));
        string? problem = !(tau > 0) || !double.IsFinite(tau) ? $"tau is a positive number; {tau}"
            : layers.IsEmpty ? "there is something to clip; no layer came"
            : unfit is not null ? $"each head's logits can be scaled alone; layer '{unfit.Name}': {unfit.Obstacle}. Switch the clip off"
            : twice is not null ? $"layers have names of their own; '{twice.Name}' came twice"
            : null;
        if (problem is not null)
        {
            throw new ArgumentException($"[qk-clip] {problem}");
        }
    }

    private List<StateTensor> Tensors(string kind, float* values)
    {
        var tensors = new List<StateTensor>();
        int first = 0;
        foreach (AttentionHeads layer in _layers)
        {
            tensors.Add(new StateTensor($"qk-clip.{kind}/{layer.Name}", [layer.Heads], new MemoryBlock(values + first, layer.Heads, _state)));
            first += layer.Heads;
        }

        return tensors;
    }
}

/// <summary>Which heads a step's clip scaled down, and what every head measured. One object, rewritten by every step.</summary>
public sealed class QkClipReport
{
    private readonly QkClip _clip;

    internal QkClipReport(QkClip clip) => _clip = clip;

    /// <summary>Heads that were scaled down in this step.</summary>
    public int ClippedHeads { get; internal set; }

    /// <summary>Number of query heads, over all layers.</summary>
    public int Count => _clip.HeadCount;

    /// <summary>One head, counted through all layers.</summary>
    /// <param name="index">From 0 to <see cref="Count"/>.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such head.</exception>
    public HeadClip this[int index] => _clip.Head(index);
}

/// <summary>What the clip knows of one head after a step.</summary>
/// <param name="Layer">The layer's number, from 0.</param>
/// <param name="Head">The query head's number in the layer, from 0.</param>
/// <param name="MaximumLogit">S: the greatest scaled, visible logit of the step, over all micro-batches; -∞ when none was observed.</param>
/// <param name="Factor">γ: what the step's clip multiplied the head's logits with; 1 when it did not fire.</param>
/// <param name="AccumulatedFactor">The product of all γ since the run began.</param>
/// <param name="Clips">How often the head was clipped since the run began.</param>
public readonly record struct HeadClip(int Layer, int Head, float MaximumLogit, double Factor, double AccumulatedFactor, long Clips);
