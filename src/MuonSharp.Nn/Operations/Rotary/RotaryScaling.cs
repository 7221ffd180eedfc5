using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>How the frequencies of rotary positions are changed so that a model reaches further than it was trained for.</summary>
/// <remarks>Immutable; two with equal numbers are equal. One of your own is a record with <see cref="Apply"/>; the families can store those that are here.</remarks>
public abstract record RotaryScaling
{
    /// <summary>How many times the context grows, above 0.</summary>
    public required double Factor { get; init; }

    /// <summary>Factor of the logits of latent attention that belongs to the scaling. Default 1.</summary>
    public virtual double LogitFactor => 1;

    /// <summary>The frequencies that are used instead of base^(-2i/width).</summary>
    /// <param name="width">Columns of a head that turn, even.</param>
    /// <param name="frequencyBase">The base, above 1.</param>
    /// <returns>One for each pair, the same bits on every machine.</returns>
    /// <exception cref="ArgumentException">The width is odd, or the base not positive.</exception>
    public RotaryFrequencies Apply(int width, double frequencyBase)
    {
        var plain = RotaryFrequencies.Powers(width, frequencyBase);
        return new([.. plain.Radians.Select((radians, pair) => Scale(radians, pair, width, frequencyBase))], plain.Magnitude * Magnitude);
    }

    /// <summary>The rules that its numbers break.</summary>
    /// <returns>One sentence a problem, naming the value; empty when all is sound.</returns>
    public virtual IEnumerable<string> Problems()
    {
        if (!(Factor > 0 && double.IsFinite(Factor)))
        {
            yield return $"the factor of rotary scaling must be above 0; {Factor}";
        }
    }

    /// <summary>Factor of all that is turned. Default 1.</summary>
    protected virtual double Magnitude => 1;

    /// <summary>The new frequency of a pair.</summary>
    /// <param name="radians">The plain one.</param>
    /// <param name="pair">Number of the pair, from 0.</param>
    /// <param name="width">Columns of a head that turn.</param>
    /// <param name="frequencyBase">The base.</param>
    protected abstract double Scale(double radians, int pair, int width, double frequencyBase);
}

/// <summary>All frequencies divided by the factor: positions are squeezed into the old range.</summary>
/// <remarks>Source: S. Chen et al., "Extending context window of large language models via positional interpolation", arXiv:2306.15595.</remarks>
public sealed record LinearRotaryScaling : RotaryScaling
{
    /// <inheritdoc/>
    protected override double Scale(double radians, int pair, int width, double frequencyBase) => radians / Factor;
}

/// <summary>Llama 3.1's: slow frequencies are divided by the factor, fast ones stay, those between are blended.</summary>
/// <remarks>With w = 2π/radians and o the original context: w above o/low is divided, w below o/high stays; between, s = (o/w - low)/(high - low), and the
/// frequency is (1 - s)·radians/factor + s·radians. Source: Llama 3.1's published code.</remarks>
public sealed record Llama3RotaryScaling : RotaryScaling
{
    /// <summary>Tokens that the model was first trained for.</summary>
    public required int OriginalContext { get; init; }

    /// <summary>Turns within the original context up to which a frequency is slow. Default 1.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Turns within the original context from which a frequency is fast. Default 4.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. OriginalContext >= 1 && LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor && double.IsFinite(HighFrequencyFactor) ? Array.Empty<string>()
            : [$"llama3 scaling needs an original context above 0 and 0 < low < high; {OriginalContext}, {LowFrequencyFactor}, {HighFrequencyFactor}"],
    ];

    /// <inheritdoc/>
    protected override double Scale(double radians, int pair, int width, double frequencyBase)
    {
        double turns = OriginalContext * radians / (2 * Math.PI);
        double share = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
        return ((1 - share) * radians / Factor) + (share * radians);
    }
}

/// <summary>YaRN: pairs that turn slowly are interpolated, fast ones extrapolated, and everything that is turned is enlarged a little.</summary>
/// <remarks>
/// <para>d(r) = width·ln(o/(2π r))/(2 ln base) is the pair that turns r times within the original context o. Between low = ⌊d(fast)⌋ and high = ⌈d(slow)⌉ the share that is
/// interpolated, radians/factor, rises from 0 to 1. The magnitude is m(mscale)/m(mscaleAllDim), or m(1) without both, with m(x) = 0.1·x·ln factor + 1.</para>
/// <para>Source: B. Peng et al., "YaRN", arXiv:2309.00071, with DeepSeek-V3's two scales as transformers has them.</para>
/// </remarks>
public sealed record YarnRotaryScaling : RotaryScaling
{
    /// <summary>Tokens that the model was first trained for.</summary>
    public required int OriginalContext { get; init; }

    /// <summary>Turns within the original context above which a pair is extrapolated. Default 32.</summary>
    public double FastTurns { get; init; } = 32;

    /// <summary>Turns within the original context below which a pair is interpolated. Default 1.</summary>
    public double SlowTurns { get; init; } = 1;

    /// <summary>DeepSeek's <c>mscale</c>; null for none.</summary>
    public double? FirstScale { get; init; }

    /// <summary>DeepSeek's <c>mscale_all_dim</c>; null for none.</summary>
    public double? ScaleOfAll { get; init; }

    /// <summary>The magnitude as it is given, whatever the scales say; null: by the formula.</summary>
    public double? GivenMagnitude { get; init; }

    /// <summary>Whether the two borders are rounded to whole pairs. Default true.</summary>
    public bool WholePairs { get; init; } = true;

    /// <summary>m(<see cref="ScaleOfAll"/>)², by which DeepSeek's attention multiplies its logits; 1 without.</summary>
    public override double LogitFactor => ScaleOfAll is { } all and not 0 ? Enlarged(all) * Enlarged(all) : 1;

    /// <inheritdoc/>
    protected override double Magnitude => GivenMagnitude
        ?? (FirstScale is { } one and not 0 && ScaleOfAll is { } all and not 0 ? Enlarged(one) / Enlarged(all) : Enlarged(1));

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. OriginalContext >= 1 && SlowTurns > 0 && FastTurns > SlowTurns && double.IsFinite(FastTurns) ? Array.Empty<string>()
            : [$"yarn needs an original context above 0 and 0 < slow < fast; {OriginalContext}, {SlowTurns}, {FastTurns}"],
        .. new[] { FirstScale, ScaleOfAll, GivenMagnitude }.All(number => number is null or (>= 0 and < double.PositiveInfinity)) ? Array.Empty<string>()
            : [$"yarn's scales must not be negative; {FirstScale}, {ScaleOfAll}, {GivenMagnitude}"],
    ];

    /// <inheritdoc/>
    protected override double Scale(double radians, int pair, int width, double frequencyBase)
    {
        double low = PairOf(FastTurns), high = PairOf(SlowTurns);
        (low, high) = WholePairs ? (Math.Floor(low), Math.Ceiling(high)) : (low, high);
        (low, high) = (Math.Max(low, 0), Math.Min(high, width - 1));
        double interpolated = Math.Clamp((pair - low) / (low == high ? 0.001 : high - low), 0, 1);
        return (radians / Factor * interpolated) + (radians * (1 - interpolated));

        double PairOf(double turns) =>
            width * PortableMath.Log(OriginalContext / (turns * 2 * Math.PI)) / (2 * PortableMath.Log(frequencyBase));
    }

    private double Enlarged(double scale) => Factor <= 1 ? 1 : (0.1 * scale * PortableMath.Log(Factor)) + 1;
}
