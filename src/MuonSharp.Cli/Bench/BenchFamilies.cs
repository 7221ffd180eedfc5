using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Parsing;

namespace MuonSharp.Cli.Bench;

/// <summary>All families, and the case of a name.</summary>
internal static class BenchFamilies
{
    /// <summary>Stands for the peaks alone, which come first whatever else is measured.</summary>
    public const string Peak = "peak";

    /// <summary>In the order in which they are measured.</summary>
    public static IReadOnlyList<BenchFamily> All { get; } =
    [
        new BandwidthFamily(),
        new ProductFamily(),
        new SymmetricFamily(),
        new InverseFamily(),
        new OrthogonalizeFamily(),
        new AttentionFamily(),
        new CrossEntropyFamily(),
        new StepFamily(),
    ];

    /// <summary>The cases that were asked for, in order; without any, the standard ones of all families.</summary>
    /// <exception cref="ToolException">A name is none.</exception>
    public static IReadOnlyList<(BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make)> Select(IReadOnlyCollection<string> only)
    {
        var names = only.Count == 0
            ? All.SelectMany(family => family.Standard)
            : only.Where(name => name != Peak).SelectMany(name => All.FirstOrDefault(family => family.Name == name)?.Standard ?? [name]);
        return [.. names.Distinct(StringComparer.Ordinal).Select(Find)];
    }

    private static (BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make) Find(string name)
    {
        foreach (var family in All)
        {
            if (family.Find(name) is { } make)
            {
                return (family, name, make);
            }
        }

        var near = Nearest.Of(name, All.SelectMany(family => family.Standard.Prepend(family.Name)).Prepend(Peak));
        var hint = near is null ? string.Empty : $"; did you mean {near}?";
        var kin = All.FirstOrDefault(family => name.StartsWith(family.Name + "-", StringComparison.Ordinal));
        throw ToolException.Usage(kin is null
            ? $"[bench] unknown name {name}{hint} (muonsharp bench --list shows what there is)"
            : $"[bench] {name}: {kin.Rule(name)}{hint}");
    }
}
