using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Bench;

/// <summary>Orthogonalizers: the default by the plain name, the others behind a colon.</summary>
internal sealed class OrthogonalizeFamily() : BenchFamily(
    "orthogonalize",
    "orthogonalize-RxC[:NAME], orthogonalize-BxRxC[:NAME]",
    $"one matrix or B of them; NAME as in optimizer.orthogonalizer, without: {Default.Name}",
    [
        .. Shapes.Select(shape => $"orthogonalize-{shape}"),
        .. Others.SelectMany(name => Shapes.Select(shape => $"orthogonalize-{shape}:{name}")),
    ])
{
    private static IOrthogonalizer Default => new MuonOptions().Orthogonalizer;

    private static string[] Shapes => ["256x1024", "768x768", "768x3072", "1024x4096", "72x128x128", "24x128x512"];

    /// <summary>One of each length and kind: coefficients do not change the time.</summary>
    private static IEnumerable<string> Others => ((IOrthogonalizer[])
        [NewtonSchulz.Jordan5, NewtonSchulz.DeepSeekV4, GramNewtonSchulz.Jordan5, GramNewtonSchulz.DeepSeekV4, ZolotarevPolar.Order2, ZolotarevPolar.Order3, ZolotarevPolar.Order4])
        .Select(orthogonalizer => orthogonalizer.Name).Where(name => name != Default.Name);

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name)
    {
        if (BenchName.Parse(Name, name) is not { Sizes: var sizes, Variant: var variant })
        {
            return null;
        }

        var orthogonalizer = Default;
        if (variant.Length > 0 && !Orthogonalizers.TryGet(variant, out orthogonalizer))
        {
            return null;
        }

        return sizes switch
        {
            [var rows, var columns] => context => new OrthogonalizeCase(name, context.Team, orthogonalizer, 1, rows, columns),
            [var count, var rows, var columns] when (long)count * rows * columns <= BenchName.MostElements => context => new OrthogonalizeCase(name, context.Team, orthogonalizer, count, rows, columns),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override string Rule(string name) => BenchName.Parse(Name, name) is { Variant: { Length: > 0 } variant } && !Orthogonalizers.TryGet(variant, out _)
        ? $"the orthogonalizer must be one of {string.Join(", ", Orthogonalizers.Names)}; '{variant}' came"
        : base.Rule(name);
}
