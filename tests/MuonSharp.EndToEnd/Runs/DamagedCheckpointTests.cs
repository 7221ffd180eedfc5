using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class DamagedCheckpointTests
{
    [Theory]
    [InlineData("model.safetensors", "flip")]
    [InlineData("optimizer.safetensors", "flip", Explicit = true)]
    [InlineData("state.json", "flip", Explicit = true)]
    [InlineData("model.safetensors", "truncate", Explicit = true)]
    [InlineData("optimizer.safetensors", "delete", Explicit = true)]
    [InlineData("state.json", "empty", Explicit = true)]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before_and_the_end_is_the_same(string file, string damage)
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, run)).Exits(0);
        string whole = folder.At("whole");
        CopyFolder(run, whole);
        Damage(RunFiles.Newest(run, file), damage);

        ProcessResult resumed = Tool.Run("train", "--run", run, "--resume", "--json").Exits(0);
        Assert.Contains(resumed.OfKind("notice"), line => ((string?)line["message"])!.Contains("step-00000060", StringComparison.Ordinal));
        Assert.Equal(56, (int?)resumed.OfKind("step")[0]["step"]);
        RunFiles.AssertSameBits(whole, run);
    }

    [Fact(Explicit = true)]
    public void Text_mode_says_so_as_well()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "10")).Exits(0);
        Damage(RunFiles.Newest(folder.At("run"), "model.safetensors"), "flip");
        Assert.Contains("note: ", Tool.Run("train", "--run", folder.At("run"), "--resume").Exits(0).Output, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void Generate_and_evaluate_fall_back_and_say_so_on_standard_error()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "10")).Exits(0);
        Damage(RunFiles.Newest(run, "model.safetensors"), "flip");
        foreach (string? command in new[] { "generate", "evaluate" })
        {
            ProcessResult result = Tool.Run(command, "--run", run, "--json").Exits(0);
            Assert.Single(result.Json);
            Assert.Contains("step-00000010", result.Error, StringComparison.Ordinal);
            Assert.EndsWith("the checkpoint of step 5 is used instead", result.Error.TrimEnd(), StringComparison.Ordinal);
            Assert.Equal(5, (int?)result.Json[0]["step"]);
        }
    }

    [Fact(Explicit = true)]
    public void With_every_checkpoint_damaged_the_tool_says_what_is_wrong()
    {
        using var folder = new TemporaryFolder();
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "10")).Exits(0);
        foreach (string checkpoint in RunFiles.Checkpoints(run))
        {
            Damage(Path.Combine(checkpoint, "model.safetensors"), "flip");
        }

        Tool.Run("generate", "--run", run).Fails(2, run);
    }

    private static void Damage(string path, string how)
    {
        switch (how)
        {
            case "flip":
                byte[] bytes = File.ReadAllBytes(path);
                bytes[bytes.Length / 2] ^= 0x10;
                File.WriteAllBytes(path, bytes);
                break;
            case "truncate":
                using (FileStream stream = File.OpenWrite(path))
                {
                    stream.SetLength(stream.Length / 2);
                }

                break;
            case "empty":
                File.WriteAllText(path, "");
                break;
            default:
                File.Delete(path);
                break;
        }
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
