using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MuonSharp.EndToEnd.Packages;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Documentation;

/// <summary>Every C# block of a page compiles, with warnings as errors, against the libraries as they are.</summary>
public partial class CSharpBlockTests
{
    /// <summary>Its blocks have names of TorchSharp in the place of ours, so they are a project of their own.</summary>
    private const string TorchPage = "docs/torchsharp.md";

    /// <summary>What a page's blocks take from the text around them, as parameters of a method; one entry a block, in their order.</summary>
    private static readonly Dictionary<string, string[]> s_given = new(StringComparer.Ordinal)
    {
        ["README.md"] = [""],
        ["src/PACKAGE.md"] = [""],
        ["docs/api.md"] = ["", "", "", "", ""],
        ["docs/bench.md"] = ["TrainingConfig config"],
        ["docs/images.md"] = [""],
        ["docs/learning-rates.md"] = ["MuonOptions options"],
        ["docs/models.md"] = [""],
        ["docs/operations.md"] = ["Tape tape, Tensor x", "Tape tape, Tensor x", "WorkerTeam team, Tensor x, Tensor y", "Model model, Linear layer"],
        ["docs/optimizers.md"] = ["IReadOnlyList<Parameter> bodyMatrices, IReadOnlyList<Parameter> rest", "IReadOnlyList<Parameter> parameters", "", ""],
        ["docs/qk-clip.md"] = ["Model model, LanguageProgram program, RoutedOptimizer optimizer"],
        ["docs/run-folder.md"] = [""],
        ["docs/tokenizers.md"] = [""],
        [TorchPage] = ["torch.nn.Module model, Func<int, torch.Tensor> lossOf", "torch.nn.Module body, IEnumerable<TorchSharp.Modules.Parameter> rest", "torch.nn.Module model", "TorchSharp.Modules.Linear qkv, torch.Tensor q, torch.Tensor k, torch.Tensor loss, Muon optimizer"],
        ["docs/your-own-network.md"] =
        [
            "Action<int, Span<float>, Span<float>> FillBatch",
            "Model model, Linear first, Linear last, float[] inputs, int[] classes",
            "",
            "",
            "Tape tape, Embedding words, Embedding places, TransformerBlock block, int batch, int time",
            "",
            "Tape tape, Tensor x, Linear queryDown, Linear queryUp, Linear keyValueDown, Linear keyValueUp, RmsNorm queryNorm, RmsNorm keyValueNorm, int heads, int plain, int turned, int rank, int value",
            "ModelBuilder builder",
        ],
    };

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <NoWarn>CS1998;CS8892</NoWarn>
          </PropertyGroup>
          <ItemGroup>
            <Reference Include="LIBRARIES" />
            <Using Include="USINGS" />
          </ItemGroup>
        </Project>
        """;

    [Fact(Explicit = true)]
    public void Every_block_compiles()
    {
        CodeBlock[] blocks = [.. CodeBlock.All.Where(block => block.Language is "csharp" or "cs")];
        Assert.Equal(
            s_given.Select(page => $"{page.Key}: {page.Value.Length}").Order(StringComparer.Ordinal),
            blocks.GroupBy(block => block.Page, StringComparer.Ordinal).Select(page => $"{page.Key}: {page.Count()}").Order(StringComparer.Ordinal));
        Compile(blocks.Where(block => block.Page != TorchPage), $"{Path.GetDirectoryName(Repository.Tool)}/MuonSharp.*.dll", "MuonSharp.Nn;MuonSharp.Numerics;MuonSharp.Optimizers;MuonSharp.Training");
        string all = Path.Combine(Repository.Root, "artifacts", "bin", "MuonSharp.Architecture.Tests", Repository.Flavour);
        Compile(blocks.Where(block => block.Page == TorchPage), $"{all}/MuonSharp.TorchSharp.dll;{all}/MuonSharp.Optimizers.dll;{all}/MuonSharp.Numerics.dll;{all}/TorchSharp.dll", "TorchSharp");
    }

    private static void Compile(IEnumerable<CodeBlock> blocks, string libraries, string usings)
    {
        using var folder = new TemporaryFolder();
        folder.Write("Blocks.csproj", Project.Replace("LIBRARIES", libraries, StringComparison.Ordinal).Replace("USINGS", usings, StringComparison.Ordinal));
        foreach (IGrouping<string, CodeBlock> page in blocks.GroupBy(block => block.Page, StringComparer.Ordinal))
        {
            foreach ((int number, CodeBlock block) in page.Index())
            {
                string name = $"{Path.GetFileNameWithoutExtension(block.Page).Replace("-", "", StringComparison.Ordinal)}{number.ToString(CultureInfo.InvariantCulture)}";
                folder.Write($"{name}.cs", Program(block, name, s_given[page.Key][number]));
            }
        }

        Dotnet.Run(folder.FullPath, null, "build").Exits(0);
    }

    /// <summary>The block as a file: its usings first, its types, and its statements in a method that is given what the page has said before.</summary>
    private static string Program(CodeBlock block, string name, string given)
    {
        StringBuilder usings = new(), types = new(), statements = new();
        bool inType = false;
        foreach ((int number, string line) in block.Text.Split('\n').Index())
        {
            inType = inType || TypeStart().IsMatch(line);
            StringBuilder part = UsingLine().IsMatch(line) ? usings : inType ? types : statements;
            part.Append(CultureInfo.InvariantCulture, $"#line {block.Line + number} \"{block.Page}\"\n{line}\n");
            inType = inType && line != "}";
        }

        return $$"""
            {{usings}}
            namespace Blocks.{{name}}
            {
            {{types}}
            internal static class Program
            {
                public static async Task Run({{given}})
                {
            {{statements}}
                }
            }
            }
            """;
    }

    [GeneratedRegex(@"^using ([A-Z]\w* = )?[A-Z][\w.]*;$", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^(public |internal |sealed |readonly )*(class|record|struct) ", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex TypeStart();
}
