using MuonSharp.Nn;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>How rotary positions are made to reach further: keys <c>model.rotaryScaling.*</c>.</summary>
public sealed record RotaryScalingSection
{
    private const string None = "none";
    private const string Linear = "linear";
    private const string Llama3 = "llama3";
    private const string Yarn = "yarn";

    /// <summary><c>none</c>, <c>linear</c>, <c>llama3</c> or <c>yarn</c>.</summary>
    public string Name { get; init; } = None;

    /// <summary>How many times the context grows.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Tokens that the model was first trained for. Null: the context over the factor.</summary>
    public int? OriginalContext { get; init; }

    /// <summary>Turns within the original context up to which llama3 takes a frequency for a slow one.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Turns within the original context from which llama3 takes a frequency for a fast one.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Turns within the original context above which yarn leaves a pair as it is.</summary>
    public double FastTurns { get; init; } = 32;

    /// <summary>Turns within the original context below which yarn squeezes a pair.</summary>
    public double SlowTurns { get; init; } = 1;

    /// <summary>Yarn's first scale, DeepSeek's <c>mscale</c>.</summary>
    public double? FirstScale { get; init; }

    /// <summary>Yarn's second scale, DeepSeek's <c>mscale_all_dim</c>.</summary>
    public double? ScaleOfAll { get; init; }

    /// <summary>Yarn's magnitude as it is given.</summary>
    public double? Magnitude { get; init; }

    /// <summary>Whether yarn's borders are whole pairs.</summary>
    public bool WholePairs { get; init; } = true;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new(
        "model.rotaryScaling.", c => c.Model.RotaryScaling, (c, s) => c with { Model = c.Model with { RotaryScaling = s } }, ImageSection.IsOff));

    /// <summary>The scaling that it describes; null for none.</summary>
    /// <param name="context">The model's context.</param>
    internal RotaryScaling? Create(int context)
    {
        int original = OriginalContext ?? Math.Max(1, (int)(context / Factor));
        return Name switch
        {
            Linear => new LinearRotaryScaling { Factor = Factor },
            Llama3 => new Llama3RotaryScaling { Factor = Factor, OriginalContext = original, LowFrequencyFactor = LowFrequencyFactor, HighFrequencyFactor = HighFrequencyFactor },
            Yarn => new YarnRotaryScaling
            {
                Factor = Factor,
                OriginalContext = original,
                FastTurns = FastTurns,
                SlowTurns = SlowTurns,
                FirstScale = FirstScale,
                ScaleOfAll = ScaleOfAll,
                GivenMagnitude = Magnitude,
                WholePairs = WholePairs,
            },
            _ => null,
        };
    }

    /// <summary>The section that describes a scaling; null where none does.</summary>
    internal static RotaryScalingSection? Of(RotaryScaling? scaling) => scaling switch
    {
        null => new(),
        LinearRotaryScaling linear => new() { Name = Linear, Factor = linear.Factor },
        Llama3RotaryScaling llama => new()
        {
            Name = Llama3,
            Factor = llama.Factor,
            OriginalContext = llama.OriginalContext,
            LowFrequencyFactor = llama.LowFrequencyFactor,
            HighFrequencyFactor = llama.HighFrequencyFactor,
        },
        YarnRotaryScaling yarn => new()
        {
            Name = Yarn,
            Factor = yarn.Factor,
            OriginalContext = yarn.OriginalContext,
            FastTurns = yarn.FastTurns,
            SlowTurns = yarn.SlowTurns,
            FirstScale = yarn.FirstScale,
            ScaleOfAll = yarn.ScaleOfAll,
            Magnitude = yarn.GivenMagnitude,
            WholePairs = yarn.WholePairs,
        },
        _ => null,
    };

    private static ConfigCondition For(params string[] names) => new("model.rotaryScaling.name", c => names.Contains(c.Model.RotaryScaling.Name, StringComparer.Ordinal));

    private static ConfigKey[] Describe(ConfigSection<RotaryScalingSection> section) =>
    [
        section.Key("name", Choice([None, Linear, Llama3, Yarn]), r => r.Name, (r, v) => r with { Name = v }, "how rotary frequencies are changed so that the model reaches further than it was trained for",
            also: "ropeScaling ropeType"),
        section.Key("factor", Positive, r => r.Factor, (r, v) => r with { Factor = v }, "how many times the context grows", usedWhen: For(Linear, Llama3, Yarn)),
        section.Key("originalContext", OrNull(Whole(1), "the context over the factor"), r => r.OriginalContext, (r, v) => r with { OriginalContext = v },
            "tokens that the model was first trained for", unit: "tokens", usedWhen: For(Llama3, Yarn)),
        section.Key("lowFrequencyFactor", Positive, r => r.LowFrequencyFactor, (r, v) => r with { LowFrequencyFactor = v },
            "turns within the original context up to which `llama3` takes a frequency for a slow one", usedWhen: For(Llama3)),
        section.Key("highFrequencyFactor", Positive, r => r.HighFrequencyFactor, (r, v) => r with { HighFrequencyFactor = v },
            "turns within the original context from which `llama3` takes a frequency for a fast one", usedWhen: For(Llama3)),
        section.Key("fastTurns", Positive, r => r.FastTurns, (r, v) => r with { FastTurns = v }, "turns within the original context above which `yarn` leaves a pair as it is", usedWhen: For(Yarn), also: "betaFast"),
        section.Key("slowTurns", Positive, r => r.SlowTurns, (r, v) => r with { SlowTurns = v }, "turns within the original context below which `yarn` squeezes a pair", usedWhen: For(Yarn), also: "betaSlow"),
        section.Key("firstScale", OrNull(NonNegative, "none"), r => r.FirstScale, (r, v) => r with { FirstScale = v }, "DeepSeek's `mscale` of `yarn`", usedWhen: For(Yarn), also: "mscale"),
        section.Key("scaleOfAll", OrNull(NonNegative, "none"), r => r.ScaleOfAll, (r, v) => r with { ScaleOfAll = v }, "DeepSeek's `mscale_all_dim` of `yarn`", usedWhen: For(Yarn), also: "mscaleAllDim"),
        section.Key("magnitude", OrNull(Positive, "by yarn's formula"), r => r.Magnitude, (r, v) => r with { Magnitude = v }, "factor of all that `yarn` turns", usedWhen: For(Yarn), also: "attentionFactor"),
        section.Key("wholePairs", Flag, r => r.WholePairs, (r, v) => r with { WholePairs = v }, "whether the borders of `yarn` are rounded to whole pairs", usedWhen: For(Yarn)),
    ];
}
