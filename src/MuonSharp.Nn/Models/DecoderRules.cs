namespace MuonSharp.Nn;

/// <summary>The rules of a decoder's configuration.</summary>
internal static class DecoderRules
{
    public static IReadOnlyList<string> Problems(DecoderConfig config)
    {
        var problems = new List<string>();
        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                problems.Add(rule);
            }
        }

        Require(config.Vocabulary >= 1, $"vocabulary must be at least 1; {config.Vocabulary}");
        Require(config.Layers >= 1, $"layers must be at least 1; {config.Layers}");
        Require(config.Heads >= 1, $"heads must be at least 1; {config.Heads}");
        Require(config.Width >= 1, $"width must be at least 1; {config.Width}");
        Require(config.Context >= 1, $"context must be at least 1; {config.Context}");
        Require(config.HeadWidth is null or >= 1, $"headWidth must be at least 1; {config.HeadWidth}");
        Require(config.HiddenWidth is null or >= 1, $"hiddenWidth must be at least 1; {config.HiddenWidth}");
        Require(config.Window is null or >= 1, $"window must be at least 1; {config.Window}");
        Require(config.Dropout is >= 0 and < 1, $"dropout must be in [0, 1); {config.Dropout}");
        Require(config.RotaryBase > 1, $"rotaryBase must be above 1; {config.RotaryBase}");
        Require(config.NormalizationEpsilon is null or > 0, $"normalizationEpsilon must be positive; {config.NormalizationEpsilon}");
        Require(config.InitialDeviation >= 0, $"initialDeviation must not be negative; {config.InitialDeviation}");
        Require(
            config.HeadWidth is not null || config.Heads < 1 || config.Width % config.Heads == 0,
            $"width must be a multiple of heads, or headWidth be given; width {config.Width}, heads {config.Heads}");
        Require(
            config.KeyValueHeads is null || (config.KeyValueHeads >= 1 && config.Heads % config.KeyValueHeads == 0),
            $"keyValueHeads must divide heads; {config.KeyValueHeads} and {config.Heads}");
        if (config.Positions == Positions.Rotary)
        {
            Require(config.EffectiveHeadWidth % 2 == 0, $"rotary positions need an even head width; {config.EffectiveHeadWidth}");
        }
        else
        {
            Require(!config.QueryKeyNorm, "queryKeyNorm needs rotary positions; they are learned");
            Require(config.Activation != Activation.SwiGlu, "swiGlu needs rotary positions; they are learned");
            Require(
                config.EffectiveKeyValueHeads == config.Heads,
                $"learned positions need as many key-value heads as heads; {config.KeyValueHeads} and {config.Heads}");
        }

        RequireMatricesOfPossibleSize(config, Require);
        return problems;
    }

    private static void RequireMatricesOfPossibleSize(DecoderConfig config, Action<bool, string> require)
    {
        var learned = config.Positions == Positions.Learned;
        var projection = (long)config.Heads * config.EffectiveHeadWidth * (learned ? 3 : 1);
        long[] sides = [projection, config.EffectiveHiddenWidth, config.Vocabulary, learned ? config.Context : 0];
        require(sides.Max() <= int.MaxValue / Math.Max(1, config.Width), $"a matrix must have fewer than 2^31 weights; width {config.Width} times {sides.Max()}");
    }
}
