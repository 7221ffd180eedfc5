using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>The rotary positions of a stored model: base, share and scaling, in the spelling of now (<c>rope_parameters</c>) and of before
/// (<c>rope_theta</c>, <c>rope_scaling</c>).</summary>
internal static class StoredRotary
{
    /// <summary>What a file says, and nothing where it says nothing.</summary>
    public static LanguageModelConfig Read(StoredSettings settings, LanguageModelConfig config)
    {
        JsonEntry? now = settings.Find("rope_parameters"), before = settings.Find("rope_scaling"), entry = now ?? before;
        JsonEntry? theta = settings.Find("rope_theta"), share = settings.Find("partial_rotary_factor");
        theta = entry?.Find("rope_theta") ?? theta;
        share = entry?.Find("partial_rotary_factor") ?? share;
        if (now is not null && before is not null && now.RawText != before.RawText)
        {
            throw before.Broken("rope_scaling and rope_parameters are two names of one setting; both came and differ");
        }

        return config with
        {
            RotaryBase = theta?.Number(1) ?? RotaryFrequencies.DefaultBase,
            RotaryShare = share?.Positive(1) ?? 1,
            RotaryScaling = entry is null ? null : Scaling(entry, config.Context),
        };
    }

    /// <summary>What the scalings of this library need; one of a user's own has no stored form.</summary>
    public static IEnumerable<string> Obstacles(LanguageModelConfig config) =>
        config.RotaryScaling is null or LinearRotaryScaling or Llama3RotaryScaling or YarnRotaryScaling ? []
            : [$"stored models know the rotary scalings linear, llama3 and yarn; the model has {config.RotaryScaling.GetType().Name}"];

    public static JsonObject Write(LanguageModelConfig config)
    {
        JsonObject json = config.RotaryScaling switch
        {
            LinearRotaryScaling linear => new() { ["rope_type"] = "linear", ["factor"] = linear.Factor },
            Llama3RotaryScaling llama => new()
            {
                ["rope_type"] = "llama3",
                ["factor"] = llama.Factor,
                ["low_freq_factor"] = llama.LowFrequencyFactor,
                ["high_freq_factor"] = llama.HighFrequencyFactor,
                ["original_max_position_embeddings"] = llama.OriginalContext,
            },
            YarnRotaryScaling yarn => OfYarn(yarn),
            _ => new() { ["rope_type"] = "default" },
        };
        json["rope_theta"] = config.RotaryBase;
        if (config.RotaryShare < 1)
        {
            json["partial_rotary_factor"] = config.RotaryShare;
        }

        return json;
    }

    private static JsonObject OfYarn(YarnRotaryScaling yarn)
    {
        JsonObject json = new()
        {
            ["rope_type"] = "yarn",
            ["factor"] = yarn.Factor,
            ["original_max_position_embeddings"] = yarn.OriginalContext,
            ["beta_fast"] = yarn.FastTurns,
            ["beta_slow"] = yarn.SlowTurns,
            ["truncate"] = yarn.WholePairs,
        };
        foreach ((string key, double? number) in new[] { ("mscale", yarn.FirstScale), ("mscale_all_dim", yarn.ScaleOfAll), ("attention_factor", yarn.GivenMagnitude) })
        {
            if (number is { } value)
            {
                json[key] = value;
            }
        }

        return json;
    }

    private static RotaryScaling? Scaling(JsonEntry entry, int context)
    {
        const string Theta = "rope_theta", Share = "partial_rotary_factor", Type = "rope_type", OldType = "type", Factor = "factor", Original = "original_max_position_embeddings";
        JsonEntry type = entry[entry[Type].IsSet ? Type : OldType];
        switch (type.IsSet ? type.Choice("default", "linear", "llama3", "yarn") : "default")
        {
            case "linear":
                entry.RefuseUnknown(Theta, Share, Type, OldType, Factor);
                return new LinearRotaryScaling { Factor = entry[Factor].Positive() };
            case "llama3":
                entry.RefuseUnknown(Theta, Share, Type, OldType, Factor, Original, "low_freq_factor", "high_freq_factor");
                return new Llama3RotaryScaling
                {
                    Factor = entry[Factor].Positive(),
                    OriginalContext = entry[Original].Integer(1),
                    LowFrequencyFactor = entry["low_freq_factor"].Positive(),
                    HighFrequencyFactor = entry["high_freq_factor"].Positive(),
                };
            case "yarn":
                entry.RefuseUnknown(Theta, Share, Type, OldType, Factor, Original, "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor", "truncate");
                return new YarnRotaryScaling
                {
                    Factor = entry[Factor].Positive(),
                    OriginalContext = entry.Find(Original)?.Integer(1) ?? context,
                    FastTurns = entry.Find("beta_fast")?.Positive() ?? 32,
                    SlowTurns = entry.Find("beta_slow")?.Positive() ?? 1,
                    FirstScale = entry.Find("mscale")?.Number(0),
                    ScaleOfAll = entry.Find("mscale_all_dim")?.Number(0),
                    GivenMagnitude = entry.Find("attention_factor")?.Positive(),
                    WholePairs = entry.Find("truncate")?.Boolean() ?? true,
                };
            default:
                entry.RefuseUnknown(Theta, Share, Type, OldType);
                return null;
        }
    }
}
