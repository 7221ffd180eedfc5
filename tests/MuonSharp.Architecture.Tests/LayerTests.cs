using System.Reflection;

namespace MuonSharp.Architecture.Tests;

/// <summary>The cut of the design: an arrow between projects points down, never up or sideways.</summary>
public class LayerTests
{
    /// <summary>A project's height. Equal heights know nothing of each other. A new project is entered here on purpose.</summary>
    private static readonly Dictionary<string, int> s_height = new(StringComparer.Ordinal)
    {
        ["MuonSharp.Cli"] = 7,
        ["MuonSharp.Dashboard"] = 6,
        ["MuonSharp.Reports"] = 5,
        ["MuonSharp.Experiments"] = 4,
        ["MuonSharp.Training"] = 3,
        ["MuonSharp.Nn"] = 2,
        ["MuonSharp.TorchSharp"] = 2,
        ["MuonSharp.Optimizers"] = 1,
        ["MuonSharp.Pictures"] = 1,
        ["MuonSharp.Numerics"] = 0,
        ["MuonSharp.Formats"] = 0,
        ["MuonSharp.Distributed"] = 0,
    };

    /// <summary>Who else may look inside, and why: comparisons and measurements drive the very run folder and step of training, which no user needs to see; the tool prints what pages show, and the live page is made of them.</summary>
    private static readonly (string Library, string Friend)[] s_friends =
        [("MuonSharp.Training", "MuonSharp.Experiments"), ("MuonSharp.Training", "MuonSharp.Experiments.Tests"), ("MuonSharp.Reports", "muonsharp"), ("MuonSharp.Reports", "MuonSharp.Dashboard")];

    [Fact]
    public void Every_source_project_has_its_place_in_the_cut()
    {
        Assert.NotEmpty(Repository.SourceProjects);
        string[] strangers = [.. Repository.SourceProjects.Select(Repository.NameOf).Where(name => !s_height.ContainsKey(name))];
        Assert.True(strangers.Length == 0, $"Not in the cut, so no height is known: {string.Join(", ", strangers)}");
    }

    [Fact]
    public void Project_references_point_down()
    {
        IEnumerable<string> wrong =
            from project in Repository.SourceProjects
            let name = Repository.NameOf(project)
            from reference in Repository.ReferencedProjects(project)
            where s_height.GetValueOrDefault(reference, int.MaxValue) >= s_height.GetValueOrDefault(name)
            select $"{name} -> {reference}";
        Offenders.None("A project references only what is below it", wrong);
    }

    [Fact]
    public void References_of_the_compiled_assemblies_point_down()
    {
        List<string> wrong = [];
        int seen = 0;
        foreach (string name in Repository.Libraries)
        {
            foreach (AssemblyName reference in Assembly.Load(name).GetReferencedAssemblies())
            {
                if (!reference.Name!.StartsWith("MuonSharp.", StringComparison.Ordinal)) continue;
                seen++;
                if (s_height.GetValueOrDefault(reference.Name, int.MaxValue) >= s_height[name]) wrong.Add($"{name} -> {reference.Name}");
            }
        }

        Offenders.None("A library uses only what is below it", wrong);
        Assert.True(seen > 0, "No library uses another: the test looked at the wrong files.");
    }

    [Fact]
    public void Libraries_grant_access_to_internals_only_to_their_own_tests()
    {
        IEnumerable<string> wrong =
            from name in Repository.Libraries
            from attribute in Assembly.Load(name).GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>()
            where attribute.AssemblyName != name + ".Tests" && !s_friends.Contains((name, attribute.AssemblyName))
            select $"{name} shows its internals to {attribute.AssemblyName}";
        Offenders.None("Internals are shown to the library's own tests alone", wrong);
    }
}
