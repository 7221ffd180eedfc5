using MuonSharp.Nn;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Mixtures of experts: keys <c>model.experts.*</c>, of a family that has them.</summary>
public sealed record ExpertSection
{
    private const int HiddenMultiple = 16;

    /// <summary>Experts to choose from in a layer. Null: every layer has a feed-forward block.</summary>
    public int? Count { get; init; }

    /// <summary>Experts of a token.</summary>
    public int Active { get; init; } = 2;

    /// <summary>Width inside each expert. Null: that of the feed-forward block, over the active and the shared experts, rounded up to a multiple of 16.</summary>
    public int? HiddenWidth { get; init; }

    /// <summary>Experts that all tokens share.</summary>
    public int Shared { get; init; } = 1;

    /// <summary>Layers at the front without experts.</summary>
    public int DenseLayers { get; init; } = 1;

    /// <summary>Groups that are chosen before experts.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a token's experts come from.</summary>
    public int ActiveGroups { get; init; } = 1;

    /// <summary>Whether a token's weights are divided by their sum.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Factor of the weights.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What a step changes an expert's bias by to even out the loads; 0 for nothing.</summary>
    public double BalancingSpeed { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("model.experts.", c => c.Model.Experts, (c, s) => c with { Model = c.Model with { Experts = s } }, ImageSection.IsOff));

    /// <summary>The sizes in a model whose feed-forward blocks are that wide; null without experts.</summary>
    internal ExpertSizes? Create(int hiddenWidth) => Count is not { } count ? null : new()
    {
        Experts = count,
        Active = Active,
        HiddenWidth = HiddenWidth ?? (int)Math.Ceiling((double)hiddenWidth / ((Active + Shared) * HiddenMultiple)) * HiddenMultiple,
        Shared = Shared,
        DenseLayers = DenseLayers,
        Groups = Groups,
        ActiveGroups = ActiveGroups,
        Normalize = Normalize,
        Scale = Scale,
        BalancingSpeed = BalancingSpeed,
    };

    /// <summary>The section that describes some sizes.</summary>
    internal static ExpertSection Of(ExpertSizes? sizes) => sizes is null ? new() : new()
    {
        Count = sizes.Experts,
        Active = sizes.Active,
        HiddenWidth = sizes.HiddenWidth,
        Shared = sizes.Shared,
        DenseLayers = sizes.DenseLayers,
        Groups = sizes.Groups,
        ActiveGroups = sizes.ActiveGroups,
        Normalize = sizes.Normalize,
        Scale = sizes.Scale,
        BalancingSpeed = sizes.BalancingSpeed,
    };

    private static ConfigKey[] Describe(ConfigSection<ExpertSection> section)
    {
        ConfigCondition family = LanguageModelConfigs.WithLatents;
        ConfigCondition used = new("model.experts.count", c => c.Model.Experts.Count is not null);
        return
        [
            section.Key("count", OrZero(Whole(1, ExpertRecording.MaximumExperts), "none, every layer has a feed-forward block"), e => e.Count, (e, v) => e with { Count = v },
                "experts to choose from in each layer behind the first ones", usedWhen: family, also: "numExperts nRoutedExperts numLocalExperts"),
            section.Key("active", Whole(1, ExpertRecording.MaximumExperts), e => e.Active, (e, v) => e with { Active = v }, "experts of a token", usedWhen: used, also: "topK numExpertsPerTok"),
            section.Key("hiddenWidth", OrZero(Whole(1, 1 << 24), "that of the feed-forward block, over the active and the shared experts, rounded up to a multiple of 16"), e => e.HiddenWidth, (e, v) => e with { HiddenWidth = v },
                "width inside each expert", usedWhen: used, also: "moeIntermediateSize"),
            section.Key("shared", Whole(0, 1024), e => e.Shared, (e, v) => e with { Shared = v }, "experts that all tokens share", usedWhen: used, also: "nSharedExperts"),
            section.Key("denseLayers", Whole(0, 1000), e => e.DenseLayers, (e, v) => e with { DenseLayers = v }, "layers at the front that have a feed-forward block in the place of experts", usedWhen: used, also: "firstKDenseReplace"),
            section.Key("groups", Whole(1, ExpertRecording.MaximumExperts), e => e.Groups, (e, v) => e with { Groups = v }, "groups of experts, of which a token's are chosen first", usedWhen: used, also: "nGroup"),
            section.Key("activeGroups", Whole(1, ExpertRecording.MaximumExperts), e => e.ActiveGroups, (e, v) => e with { ActiveGroups = v }, "groups that a token's experts come from", usedWhen: used, also: "topkGroup"),
            section.Key("normalize", Flag, e => e.Normalize, (e, v) => e with { Normalize = v }, "whether the weights of a token's experts are divided by their sum", usedWhen: used, also: "normTopkProb"),
            section.Key("weightScale", AnyNumber, e => e.Scale, (e, v) => e with { Scale = v }, "factor of the weights of a token's experts", usedWhen: used, also: "routedScalingFactor"),
            section.Key("balancingSpeed", NonNegative, e => e.BalancingSpeed, (e, v) => e with { BalancingSpeed = v },
                "what each step adds to the bias of an expert with fewer tokens than the mean, and takes from one with more; 0 for nothing", usedWhen: used),
        ];
    }
}
