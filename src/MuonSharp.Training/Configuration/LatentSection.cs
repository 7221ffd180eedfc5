using MuonSharp.Nn;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Latent attention: keys <c>model.latent.*</c>. The width of a head's part that is not turned is <c>model.headWidth</c>.</summary>
public sealed record LatentSection
{
    /// <summary>Width of the latent that keys and values are made of.</summary>
    public int KeyValueRank { get; init; } = 64;

    /// <summary>Width of the latent that queries are made of. Null: none, queries are made of the input.</summary>
    public int? QueryRank { get; init; }

    /// <summary>Width of the part of queries and keys that is turned by position; even.</summary>
    public int RotaryWidth { get; init; } = 16;

    /// <summary>Width of a head's values. Null: that of the part that is not turned.</summary>
    public int? ValueWidth { get; init; }

    /// <summary>Whether pairs that turn lie side by side.</summary>
    public bool Interleaved { get; init; } = true;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("model.latent.", c => c.Model.Latent, (c, s) => c with { Model = c.Model with { Latent = s } }, ImageSection.IsOff));

    /// <summary>The sizes in a model whose heads have that width.</summary>
    internal LatentAttentionSizes Create(int headWidth) => new()
    {
        KeyValueRank = KeyValueRank,
        QueryRank = QueryRank,
        RotaryWidth = RotaryWidth,
        ValueWidth = ValueWidth ?? headWidth,
        Interleaved = Interleaved,
    };

    /// <summary>The section that describes some sizes.</summary>
    internal static LatentSection Of(LatentAttentionSizes? sizes) => sizes is null ? new() : new()
    {
        KeyValueRank = sizes.KeyValueRank,
        QueryRank = sizes.QueryRank,
        RotaryWidth = sizes.RotaryWidth,
        ValueWidth = sizes.ValueWidth,
        Interleaved = sizes.Interleaved,
    };

    private static ConfigKey[] Describe(ConfigSection<LatentSection> section)
    {
        ConfigCondition latent = LanguageModelConfigs.WithLatents;
        return
        [
            section.Key("keyValueRank", Whole(1, 65536), l => l.KeyValueRank, (l, v) => l with { KeyValueRank = v }, "width of the latent that keys and values are made of", usedWhen: latent, also: "kvLoraRank"),
            section.Key("queryRank", OrZero(Whole(1, 65536), "none, queries are made of the input"), l => l.QueryRank, (l, v) => l with { QueryRank = v },
                "width of the latent that queries are made of", usedWhen: latent, also: "qLoraRank"),
            section.Key("rotaryWidth", Whole(2, 65536), l => l.RotaryWidth, (l, v) => l with { RotaryWidth = v }, "width of the part of queries and keys that is turned by position, even", usedWhen: latent, also: "qkRopeHeadDim"),
            section.Key("valueWidth", OrZero(Whole(1, 65536), "that of the part that is not turned"), l => l.ValueWidth, (l, v) => l with { ValueWidth = v }, "width of a head's values", usedWhen: latent, also: "vHeadDim"),
            section.Key("interleaved", Flag, l => l.Interleaved, (l, v) => l with { Interleaved = v }, "whether pairs that turn lie side by side, or half a range apart", usedWhen: latent),
        ];
    }
}
