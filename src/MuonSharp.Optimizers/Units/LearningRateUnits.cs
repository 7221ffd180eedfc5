namespace MuonSharp.Optimizers;

/// <summary>Learning rates of Muon in the units of different references.</summary>
/// <remarks>
/// <para>Muon's step is lr · f(out, in) · X, X orthogonal. A unit is its factor f, so lr f stays: lr' = lr f(out, in) / f'(out, in).</para>
/// <code>
/// original             f = sqrt(max(1, out / in))              K. Jordan
/// match-rms-adamw      f = 0.2 sqrt(max(out, in))              Moonlight
/// spectral-unclamped   f = sqrt(out / in)                      torch.optim.Muon
/// mup                  f = 0.2 sqrt(max(out, in)) base / width
/// </code>
/// <para>From match-rms-adamw to original that is 0.2 sqrt(in) for every shape. It depends on the shape: one rate for a whole model is another
/// curriculum of rates in another unit, equal for one fan-in alone.</para>
/// <para>Decay acts with the rate itself, p -= lr wd p: whoever converts the rate and wants the same decay multiplies wd by lr / lr'.</para>
/// </remarks>
public static class LearningRateUnits
{
    /// <summary>Half of the smallest rate of a published reference in units of the orthogonal matrix (torch.optim.Muon: 1e-3).</summary>
    private const double SmallestOriginalRate = 5e-4;

    /// <summary>Ten times the rates of Moonlight and torch in AdamW's units, more than AdamW itself bears in models of a few million weights (4e-3).</summary>
    private const double LargestAdamWRate = 0.01;

    /// <summary>From half of the best rates that comparisons found for small models to the original's own (0.02).</summary>
    private const string UsualOriginalRates = "0.005 to 0.02";

    /// <summary>Moonlight's and AdamW's own rates, large models to small ones.</summary>
    private const string UsualAdamWRates = "0.0002 to 0.004";

    /// <summary>Below this ratio a mistaken unit does little, and small matrices have such ratios.</summary>
    private const double NotableRatio = 2;

    /// <summary>The rate in another unit that makes the same step.</summary>
    /// <param name="learningRate">The rate, &gt;= 0.</param>
    /// <param name="from">Its unit.</param>
    /// <param name="to">The unit wanted.</param>
    /// <param name="fanOut">Outputs of the matrix, &gt;= 1.</param>
    /// <param name="fanIn">Inputs of the matrix, &gt;= 1.</param>
    /// <exception cref="ArgumentException">The rate is negative or not finite, or a size is not positive.</exception>
    public static double Convert(double learningRate, UpdateScale from, UpdateScale to, int fanOut, int fanIn)
    {
        if (!(learningRate >= 0) || !double.IsFinite(learningRate) || fanOut < 1 || fanIn < 1)
        {
            throw new ArgumentException(
                $"[learning rate] a rate is finite and >= 0, sizes of a matrix are >= 1; {learningRate} for [{fanOut}, {fanIn}]");
        }

        return learningRate * from.Factor(fanOut, fanIn) / to.Factor(fanOut, fanIn);
    }

    /// <summary>The unit of Adam under muP: the rate that AdamW would have in a base model of another width.</summary>
    /// <remarks>Under muP, Adam's rate of every hidden matrix is the base model's times base width / width, and one of its updates has a root mean square of 0.2
    /// of the rate, as for <see cref="UpdateScale.MatchRmsAdamW"/>: at the base width both units are the same. Embeddings, head and vectors keep the
    /// base model's rate and are not Muon's. Source: G. Yang et al., "Tensor Programs V", arXiv 2203.03466, tables 3 and 8; the 0.2: arXiv 2502.16982.</remarks>
    /// <param name="baseWidth">Width of the base model, &gt;= 1.</param>
    /// <param name="width">Width of this model, &gt;= 1.</param>
    /// <exception cref="ArgumentException">A width is not positive.</exception>
    public static UpdateScale MuP(int baseWidth, int width)
    {
        if (baseWidth < 1 || width < 1)
        {
            throw new ArgumentException($"[learning rate] widths are >= 1; base {baseWidth}, width {width}");
        }

        double ratio = (double)baseWidth / width;
        return new UpdateScale($"mup-{baseWidth}", (fanOut, fanIn) => ratio * UpdateScale.MatchRmsAdamW.Factor(fanOut, fanIn));
    }

    /// <summary>Looks whether a rate with a factor by shape (Muon's) seems meant in another unit: an AdamW rate (3e-4) as it stands with the original's factor, or the original's
    /// (0.02) with the one that matches AdamW.</summary>
    /// <remarks>An AdamW rate: below 5e-4. The original's: above 0.01. Both only where the units differ by 2 or more. A rate of zero, another optimizer and
    /// factors of the caller's own are never remarked on.</remarks>
    /// <param name="options">The options of the hidden matrices; of a schedule the greatest rate counts.</param>
    /// <param name="shapes">The matrices, after splitting. The commonest shape is the one that the proposed rate is for.</param>
    /// <returns>One line with the rate that would be meant, or null.</returns>
    public static string? Check(OptimizerOptions options, IEnumerable<(int FanOut, int FanIn)> shapes)
    {
        if (options.ShapeFactor is not { } factor || shapes.GroupBy(static shape => shape).MaxBy(static alike => alike.Count()) is not { } commonest)
        {
            return null;
        }

        double rate = options.LearningRate.Range.Greatest;
        (int fanOut, int fanIn) = commonest.Key;
        bool likeAdamW = factor == UpdateScale.MatchRmsAdamW;
        bool ownFactor = !likeAdamW && factor != UpdateScale.Original && factor != UpdateScale.SpectralUnclamped && factor != UpdateScale.None;
        (UpdateScale meant, bool suspicious) = likeAdamW
            ? (UpdateScale.Original, rate > LargestAdamWRate)
            : (UpdateScale.MatchRmsAdamW, rate is > 0 and < SmallestOriginalRate);
        if (ownFactor || !suspicious)
        {
            return null;
        }

        double converted = Convert(rate, meant, factor, fanOut, fanIn);
        return Math.Max(converted / rate, rate / converted) < NotableRatio
            ? null
            : $"[learning rate] {rate:G3} is {(likeAdamW ? "large" : "small")} for the factor '{factor.Name}', where {(likeAdamW ? UsualAdamWRates : UsualOriginalRates)} is usual; "
                + $"meant in the unit of '{meant.Name}' it would be {converted:G3} here (matrices of [{fanOut}, {fanIn}])";
    }

    /// <summary>The same look at every group of a routing.</summary>
    /// <param name="plan">Who steps what.</param>
    /// <returns>A line for each group whose rate looks wrong; usually none.</returns>
    public static IReadOnlyList<string> Check(RoutingPlan plan) =>
    [
        .. plan.Groups.Select(group => Check(
            group.Options,
            plan.Rows.Where(row => string.Equals(row.Group, group.Name, StringComparison.Ordinal))
                .SelectMany(static row => row.Slices.Select(static slice => (slice.FanOut, slice.FanIn)))))
            .OfType<string>(),
    ];
}
