namespace MuonSharp.Architecture.Tests;

/// <summary>tests/ mirrors src/, and the solution names every project.</summary>
public class ProjectTests
{
    /// <summary>Test projects that look at the whole instead of one project.</summary>
    private static readonly string[] s_overarching = ["MuonSharp.Architecture.Tests", "MuonSharp.Conformance", "MuonSharp.Consumer", "MuonSharp.EndToEnd", "MuonSharp.LlamaCpp"];

    [Fact]
    public void Every_library_has_its_test_project()
    {
        string[] tests = [.. Repository.TestProjects.Select(Repository.NameOf)];
        Offenders.None("A library has a test project", Repository.Libraries.Where(name => !tests.Contains(name + ".Tests", StringComparer.Ordinal)));
    }

    [Fact]
    public void Every_test_project_mirrors_a_source_project()
    {
        string[] sources = [.. Repository.SourceProjects.Select(Repository.NameOf)];
        IEnumerable<string> wrong = Repository.TestProjects.Select(Repository.NameOf)
            .Where(name => !s_overarching.Contains(name, StringComparer.Ordinal))
            .Where(name => !name.EndsWith(".Tests", StringComparison.Ordinal) || !sources.Contains(name[..^".Tests".Length], StringComparer.Ordinal));
        Offenders.None("A test project mirrors a source project", wrong);
    }

    [Fact]
    public void A_test_project_references_the_project_it_mirrors_or_one_above_it()
    {
        IEnumerable<string> wrong =
            from project in Repository.TestProjects
            let name = Repository.NameOf(project)
            where !s_overarching.Contains(name, StringComparer.Ordinal)
            where !Repository.ReferencedProjects(project).Contains(name[..^".Tests".Length], StringComparer.Ordinal)
            select name;
        Offenders.None("A test project references the project it mirrors", wrong);
    }

    [Fact]
    public void The_solution_names_every_project()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "MuonSharp.slnx")).Replace('\\', '/');
        IEnumerable<string> missing = Repository.SourceProjects.Concat(Repository.TestProjects).Select(Repository.Relative)
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal));
        Offenders.None("The solution names every project", missing);
    }

    [Fact]
    public void No_test_project_holds_a_test_that_says_nothing()
    {
        Offenders.None("A test says something", Repository.Files("tests", "Placeholder.cs").Select(Repository.Relative));
    }
}
