using MuonSharp.EndToEnd.Documentation;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Packages;

/// <summary>The tool as a folder for each system, by the commands of the getting-started page.</summary>
public class OtherSystemsTests
{
    /// <summary>Where a program of ELF names its processor, and the numbers of two.</summary>
    private const int ElfMachine = 18, ElfArm = 183, ElfX64 = 62;

    [Theory(Explicit = true)]
    [InlineData("win-x64", "muonsharp.exe", "libSkiaSharp.dll", "4D5A")]
    [InlineData("osx-arm64", "muonsharp", "libSkiaSharp.dylib", "CFFAEDFE0C000001")]
    [InlineData("linux-arm64", "muonsharp", "libSkiaSharp.so", "7F454C46")]
    [InlineData("linux-x64", "muonsharp", "libSkiaSharp.so", "7F454C46")]
    public void The_pages_command_makes_a_program_for_that_system_with_its_decoder(string system, string program, string decoder, string begins)
    {
        string command = CodeBlock.All.SelectMany(block => block.Commands).Single(line => line.StartsWith("dotnet publish", StringComparison.Ordinal) && line.Contains($" -r {system} ", StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        Dotnet.Run(Repository.Root, null, [.. command.Split(' ')[1..^1], folder.At("out"), "--artifacts-path", folder.At("artifacts")]).Exits(0);
        byte[] bytes = File.ReadAllBytes(folder.At("out", program));
        Assert.StartsWith(begins, Convert.ToHexString(bytes), StringComparison.Ordinal);
        if (system.StartsWith("linux", StringComparison.Ordinal)) Assert.Equal(system == "linux-arm64" ? ElfArm : ElfX64, bytes[ElfMachine]);
        Assert.True(File.Exists(folder.At("out", decoder)), decoder);
        Assert.Empty(Directory.GetFiles(folder.At("out"), "libSkiaSharp.pdb"));
    }
}
