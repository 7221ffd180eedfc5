using System.Text.Json.Nodes;
using MuonSharp.Training.Tests.Checkpoints;

namespace MuonSharp.Training.Tests.Runs;

/// <summary>Runs that are killed before they have begun.</summary>
public sealed class RunBeginningTests : IDisposable
{
    private static readonly JsonObject s_config = new() { ["train.steps"] = 12 };
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>At whatever operation it was killed, either it has begun or the same command begins it; and nothing of the first beginning stays that the second does not write.</summary>
    [Fact]
    public void A_run_killed_at_any_operation_of_its_beginning_begins_again_or_goes_on()
    {
        Dictionary<string, ReadOnlyMemory<byte>> kept = Kept("tokenizer.json", "routing.json", "training-text.txt"), others = Kept("tokenizer.json");
        int begunAgain = 0, at = 0;
        for (bool ended = false; !ended; at++)
        {
            string path = _folder.At($"killed-{at}");
            try
            {
                RunWriter.Create(path, s_config.DeepClone().AsObject(), new JsonObject(), new FaultyFiles(at), kept).Dispose();
                ended = true;
            }
            catch (SimulatedKill)
            {
            }

            bool begins = !new RunFolder(path).HoldsRun;
            using RunWriter again = begins ? RunWriter.Create(path, s_config.DeepClone().AsObject(), new JsonObject(), UnflushedFiles.Instance, others) : RunWriter.Resume(path, UnflushedFiles.Instance);
            begunAgain += begins ? 1 : 0;
            Assert.Equal(!begins, File.Exists(Path.Combine(path, "training-text.txt")));
            Assert.True(again.Folder.HoldsRun);
        }

        Assert.InRange(begunAgain, 15, at - 2);

        static Dictionary<string, ReadOnlyMemory<byte>> Kept(params string[] names) => names.ToDictionary(name => name, name => new ReadOnlyMemory<byte>([1, 2, 3]), StringComparer.Ordinal);
    }
}
