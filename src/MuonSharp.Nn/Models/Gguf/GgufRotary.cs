using System.Collections.Immutable;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>Rotary positions in the keys of a GGUF file.</summary>
internal static class GgufRotary
{
    /// <summary>The tensor with the divisors of frequencies.</summary>
    public const string Factors = "rope_freqs.weight";

    /// <summary>What a divisor may differ by, relatively: a computation in single precision.</summary>
    private const double Rounding = 1e-5;

    public static void Describe(LanguageModelConfig config, GgufMetadata metadata, string prefix)
    {
        metadata.Add(prefix + "freq_base", (float)config.RotaryBase);
        switch (config.RotaryScaling)
        {
            case LinearRotaryScaling linear:
                metadata.Add(prefix + "scaling.type", "linear");
                metadata.Add(prefix + "scaling.factor", (float)linear.Factor);
                break;
            case YarnRotaryScaling yarn:
                metadata.Add(prefix + "scaling.type", "yarn");
                metadata.Add(prefix + "scaling.factor", (float)yarn.Factor);
                metadata.Add(prefix + "scaling.original_context_length", (uint)yarn.OriginalContext);
                metadata.Add(prefix + "scaling.yarn_beta_fast", (float)yarn.FastTurns);
                metadata.Add(prefix + "scaling.yarn_beta_slow", (float)yarn.SlowTurns);
                if (yarn.ScaleOfAll is { } all)
                {
                    metadata.Add(prefix + "scaling.yarn_log_multiplier", (float)(0.1 * all));
                }

                break;
        }
    }

    /// <summary>The divisors of the frequencies that Llama 3's scaling makes; null for a model without.</summary>
    public static float[]? Divisors(LanguageModelConfig config, int width) => config.RotaryScaling is Llama3RotaryScaling scaling
        ? [.. RotaryFrequencies.Powers(width, config.RotaryBase).Radians.Zip(scaling.Apply(width, config.RotaryBase).Radians, (plain, scaled) => (float)(plain / scaled))]
        : null;

    /// <summary>A map of the same tensors for a file that holds the divisors too, which are known from the configuration.</summary>
    public static TensorMap WithoutFactors(TensorMap map) => new(map.Tensors) { Copies = map.Copies, Canonical = name => name == Factors ? null : map.Canonical(name) };

    /// <summary>The scaling of Llama 3 whose divisors a file holds: the factor is the greatest, the first context a power of two, and the ends are those of all such models.</summary>
    /// <exception cref="InvalidFileException">The divisors are those of no such scaling.</exception>
    public static LanguageModelConfig ReadFactors(GgufFile file, LanguageModelConfig config)
    {
        if (!file.TryGetShape(Factors, out ImmutableArray<long> shape))
        {
            return config;
        }

        if (shape is [var count] && count == config.EffectiveHeadWidth / 2 && config.RotaryScaling is null)
        {
            float[] divisors = new float[count];
            file.ReadFloats(Factors, 0, divisors);
            for (int bits = 0; bits < 31; bits++)
            {
                LanguageModelConfig tried = config with { RotaryScaling = new Llama3RotaryScaling { Factor = StoredNumbers.Shortest(divisors.Max()), OriginalContext = 1 << bits } };
                if (!tried.RotaryScaling.Problems().Any() && Divisors(tried, config.EffectiveHeadWidth)!.Zip(divisors, (ours, theirs) => Math.Abs(ours - theirs) <= Rounding * ours).All(same => same))
                {
                    return tried;
                }
            }
        }

        throw file.Metadata.Broken($"rotary frequencies must be those of a base and a scaling that has a name; tensor '{Factors}' with others came");
    }

    public static LanguageModelConfig Read(GgufMetadata metadata, string prefix, LanguageModelConfig config)
    {
        const string Type = "scaling.type", Factor = "scaling.factor";
        config = config with { RotaryBase = metadata.Has(prefix + "freq_base") ? metadata.Number(prefix + "freq_base") : RotaryFrequencies.DefaultBase };
        string type = metadata.Has(prefix + Type) ? metadata.Text(prefix + Type) : "none";
        return type switch
        {
            "none" => config,
            "linear" => config with { RotaryScaling = new LinearRotaryScaling { Factor = StoredNumbers.Shortest((float)metadata.Number(prefix + Factor)) } },
            "yarn" => config with
            {
                RotaryScaling = new YarnRotaryScaling
                {
                    Factor = StoredNumbers.Shortest((float)metadata.Number(prefix + Factor)),
                    OriginalContext = metadata.Whole(prefix + "scaling.original_context_length"),
                    FastTurns = Or("scaling.yarn_beta_fast", 32),
                    SlowTurns = Or("scaling.yarn_beta_slow", 1),
                    FirstScale = Scale(),
                    ScaleOfAll = Scale(),
                },
            },
            _ => throw metadata.Wrong(prefix + Type, "none, linear or yarn"),
        };

        double Or(string key, double otherwise) => metadata.Has(prefix + key) ? StoredNumbers.Shortest((float)metadata.Number(prefix + key)) : otherwise;

        double? Scale() => metadata.Has(prefix + "scaling.yarn_log_multiplier") ? Math.Round(10 * metadata.Number(prefix + "scaling.yarn_log_multiplier"), 6) : null;
    }
}
