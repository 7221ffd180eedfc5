using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Packages;

/// <summary>The tool as one native file, by the command of the getting-started page.</summary>
public class BinaryTests
{
    [Fact(Explicit = true)]
    public void The_native_binary_needs_no_runtime_and_trains_the_same_weights()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && new[] { "/usr/bin/clang", "/usr/bin/gcc" }.Any(File.Exists), "a native binary needs Linux and a linker here");
        using var folder = new TemporaryFolder();
        string[] extra = ["-p:RunAnalyzers=false", "--artifacts-path", folder.At("artifacts")];
        Dotnet.Run(Repository.Root, null, ["publish", "src/MuonSharp.Cli", "-p:PublishAot=true", "-o", folder.At("out"), .. extra]).Exits(0);
        string binary = folder.At("out", "muonsharp");
        var nowhere = new Dictionary<string, string>(StringComparer.Ordinal) { ["DOTNET_ROOT"] = folder.At("none"), ["PATH"] = folder.At("none") };
        ProcessResult Run(params string[] arguments)
        {
            using var running = new RunningProcess(binary, arguments, folder.FullPath, nowhere);
            return running.Wait().Exits(0);
        }

        Assert.Equal(Tool.Run("--version").Exits(0).Output.Split('+')[0], Run("--version").Output.Split('+')[0]);
        Assert.Equal(Tool.Run("train", "--help").Exits(0).Output, Run("train", "--help").Output);

        // One file: the embedded corpus and the presets are in it. The decoder of pictures lies beside it, and nothing else needs that.
        Assert.Equal(["libSkiaSharp.so", "muonsharp"], Directory.GetFiles(folder.At("out")).Select(Path.GetFileName).Where(name => !name!.EndsWith(".dbg", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        File.Delete(folder.At("out", "libSkiaSharp.so"));
        Run("train", "--steps", "3", "--run", folder.At("austen"));

        string[] steps = ["--steps", "3", "--set", "checkpoint.every=3"];
        Tool.Run(TinyRun.Train(folder, folder.At("usual"), steps)).Exits(0);
        Run(TinyRun.Train(folder, folder.At("native"), steps));
        RunFiles.AssertSameBits(folder.At("usual"), folder.At("native"));
    }
}
