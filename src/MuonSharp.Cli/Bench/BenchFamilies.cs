using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

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
        new ConvolutionFamily(),
        new CrossEntropyFamily(),
        new StepFamily(),
        DecodingFamily.Generate,
        DecodingFamily.Prompt,
    ];

    /// <summary>The cases that were asked for, in order; without any, the standard ones of all families.</summary>
    /// <exception cref="ToolException">A name is none.</exception>
    public static IReadOnlyList<(BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make)> Select(IReadOnlyCollection<string> only)
    {
        IEnumerable<string> names = only.Count == 0
            ? All.SelectMany(family => family.Standard)
            : only.Where(name => name != Peak).SelectMany(name => All.FirstOrDefault(family => family.Name == name)?.Standard ?? [name]);
        return [.. names.Distinct(StringComparer.Ordinal).Select(Find)];
    }

    private static (BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make) Find(string name)
    {
        foreach (BenchFamily family in All)
        {
            if (family.Find(name) is { } make)
            {
                return (family, name, make);
            }
        }

        string? near = NearestName.Of(name, All.SelectMany(family => family.Standard.Prepend(family.Name)).Prepend(Peak));
        string hint = near is null ? string.Empty : $"; did you mean {near}?";
        BenchFamily? kin = All.FirstOrDefault(family => name.StartsWith(family.Name + "-", StringComparison.Ordinal));
        throw ToolException.Usage(kin is null
            ? $"[bench] unknown name {name}{hint} (muonsharp bench --list shows what there is)"
            : $"[bench] {name}: {kin.Rule(name)}{hint}");
    }
}

/// <summary>Cases of one kind, told apart by sizes in their names.</summary>
/// <param name="name">First word of the names.</param>
/// <param name="pattern">The form of the names.</param>
/// <param name="about">What is measured, in a few words.</param>
/// <param name="standard">The names that are measured when none are given.</param>
internal abstract class BenchFamily(string name, string pattern, string about, params string[] standard)
{
    /// <summary>First word of the names, which stands for all standard ones.</summary>
    public string Name => name;

    /// <summary>The form of the names.</summary>
    public string Pattern => pattern;

    /// <summary>What is measured, in a few words.</summary>
    public string About => about;

    /// <summary>The names that are measured when none are given.</summary>
    public IReadOnlyList<string> Standard => standard;

    /// <summary>How to make the case of a name; null when the name is none of the family's. Nothing is allocated before it is called.</summary>
    public abstract Func<BenchContext, BenchCase>? Find(string name);

    /// <summary>The rule that a refused name breaks; by default the form of all names.</summary>
    public virtual string Rule(string name) => $"names of this kind are {Pattern}, with sizes of 1 to {BenchName.Largest} that fit memory";
}

/// <summary>What can be measured.</summary>
internal static class BenchList
{
    /// <summary>Names by family, with the form that other names of it have.</summary>
    /// <param name="only">What was asked for; empty: all standard names.</param>
    /// <param name="json">Whether each name is an object.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="ToolException">A name is none.</exception>
    public static int Write(IReadOnlyCollection<string> only, bool json)
    {
        var terminal = new Terminal(TerminalMode.Detect());
        IReadOnlyList<(BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make)> cases = BenchFamilies.Select(only);
        if (only.Count == 0 || only.Contains(BenchFamilies.Peak))
        {
            Family(terminal, json, BenchFamilies.Peak, BenchFamilies.Peak, "multiply-adds on registers alone; comes first whatever else is measured", [BenchFamilies.Peak]);
        }

        foreach (IGrouping<BenchFamily, (BenchFamily Family, string Name, Func<BenchContext, BenchCase> Make)> alike in cases.GroupBy(entry => entry.Family))
        {
            Family(terminal, json, alike.Key.Name, alike.Key.Pattern, alike.Key.About, alike.Select(entry => entry.Name));
        }

        return ExitCode.Done;
    }

    private static void Family(Terminal terminal, bool json, string family, string pattern, string about, IEnumerable<string> names)
    {
        if (json)
        {
            foreach (string name in names)
            {
                JsonLines.Write(new JsonObject { ["kind"] = "name", ["name"] = name, ["family"] = family });
            }

            return;
        }

        terminal.Line(pattern, Style.Strong);
        terminal.Line($"  {about}", Style.Label);
        foreach (string name in names)
        {
            terminal.Line($"  {name}");
        }
    }
}
