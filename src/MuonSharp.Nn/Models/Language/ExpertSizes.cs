namespace MuonSharp.Nn;

/// <summary>Sizes of the layers whose feed-forward block is a mixture of experts; what all blocks have stands in <see cref="LanguageModelConfig"/>.</summary>
public sealed record ExpertSizes
{
    /// <summary>Experts to choose from.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts of a token.</summary>
    public required int Active { get; init; }

    /// <summary>Width inside each expert.</summary>
    public required int HiddenWidth { get; init; }

    /// <summary>Experts that all tokens share, each as wide; 0 for none. Default 1.</summary>
    public int Shared { get; init; } = 1;

    /// <summary>Layers at the front that have a feed-forward block in the place of experts. Default 1.</summary>
    public int DenseLayers { get; init; } = 1;

    /// <summary>Groups of experts, of which a token's are chosen first. Default 1.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a token's experts come from. Default 1.</summary>
    public int ActiveGroups { get; init; } = 1;

    /// <summary>Whether a token's weights are divided by their sum. Default true.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Factor of the weights. Default 1.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What a step adds to or takes from an expert's bias to even out the loads; no part of a stored model. Default 0.</summary>
    public double BalancingSpeed { get; init; }

    /// <summary>The layer's options in a model of that width.</summary>
    internal MixtureOptions Layer(int width) => new()
    {
        Width = width,
        Hidden = HiddenWidth,
        Experts = Experts,
        Routing = new RoutingOptions { Active = Active, Groups = Groups, ActiveGroups = ActiveGroups, Normalize = Normalize, Scale = (float)Scale },
        SharedHidden = Shared == 0 ? null : Shared * HiddenWidth,
        BalancingSpeed = (float)BalancingSpeed,
    };

    /// <summary>The rules that sizes break in a model of that width.</summary>
    internal IEnumerable<string> Problems(int width)
    {
        if (Experts < 1 || Active < 1 || HiddenWidth < 1 || Shared < 0 || DenseLayers < 0)
        {
            yield return $"experts, active ones and their width must be at least 1, shared ones and dense layers at least 0; {Experts}, {Active}, {HiddenWidth}, {Shared}, {DenseLayers}";
        }
        else if (Experts > ExpertRecording.MaximumExperts || Groups < 1 || Experts % Groups != 0 || ActiveGroups < 1 || ActiveGroups > Groups || Active > Experts / Groups * ActiveGroups)
        {
            yield return $"groups must divide at most {ExpertRecording.MaximumExperts} experts, and the active groups hold the active experts; "
                + $"{Experts} experts in {Groups} groups, {Active} active in {ActiveGroups}";
        }
        else if ((long)Experts * HiddenWidth > int.MaxValue / Math.Max(1, width) || (long)Shared * HiddenWidth > int.MaxValue / Math.Max(1, width))
        {
            yield return $"a stack of experts must have fewer than 2^31 weights; width {width} times {Experts} times {HiddenWidth}, {Shared} shared";
        }

        if (!double.IsFinite(Scale) || !(BalancingSpeed >= 0) || !double.IsFinite(BalancingSpeed))
        {
            yield return $"the experts' scale must be finite, and the speed of balancing 0 or more; {Scale} and {BalancingSpeed}";
        }
    }
}
