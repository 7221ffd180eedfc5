using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>A fault at every single file operation of a save: the checkpoint that the newest one calls the best is complete, and so is the one that the file names.</summary>
public sealed class BestCheckpointFaultTests
{
    private static readonly long[] s_before = [100, 200, 300];

    /// <summary>The best before, the step saved, and the best then.</summary>
    public static TheoryData<long, long, long> Situations => new()
    {
        { 100, 400, 100 },
        { 100, 400, 400 },
        { 300, 400, 300 },
        { -1, 400, 400 },
        { 100, 300, 300 },
    };

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_kill_at_any_operation_loses_no_best_checkpoint(long bestBefore, long step, long best) => AtEveryOperation(bestBefore, step, best, Fault.Kill);

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_disk_that_is_full_from_any_operation_on_loses_no_best_checkpoint(long bestBefore, long step, long best) =>
        AtEveryOperation(bestBefore, step, best, Fault.DiskFull);

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_power_failure_at_any_instant_loses_no_best_checkpoint(long bestBefore, long step, long best)
    {
        using ScratchFolder folder = new();
        PowerLossFiles model = new(folder.Path);
        Prepare(folder.At("checkpoints"), model, bestBefore);
        int instants = 0;
        FaultyFiles files = new(inner: model)
        {
            AfterEach = () =>
            {
                foreach (Survivors survivors in Enum.GetValues<Survivors>())
                {
                    using ScratchFolder afterwards = new();
                    model.Restore(afterwards.Path, survivors);
                    Check(afterwards.At("checkpoints"), bestBefore, best);
                    instants++;
                }
            },
        };
        _ = new CheckpointStore(folder.At("checkpoints"), files).Save(step, Sample(step, best), keep: 1, best: best);
        Assert.InRange(instants, 60, 700);
    }

    [Fact]
    public void The_file_says_which_is_the_best_and_goes_with_it()
    {
        using ScratchFolder folder = new();
        Prepare(folder.At("checkpoints"), UnflushedFiles.Instance, best: 100);
        string file = folder.At("checkpoints/best");
        CheckpointStore store = new(folder.At("checkpoints"), UnflushedFiles.Instance);
        Assert.Equal("step-00000100\n", File.ReadAllText(file));

        _ = store.Save(400, Sample(400, 200), keep: 1, best: 200);
        Assert.Equal("step-00000200\n", File.ReadAllText(file));
        Assert.Equal([400L, 200], store.Steps);

        // A run that went back to a step before its best.
        _ = store.Save(150, Sample(150, -1), keep: 1);
        Assert.False(File.Exists(file));
        Assert.Equal([150L], store.Steps);
    }

    private static void AtEveryOperation(long bestBefore, long step, long best, Fault fault)
    {
        int operations = int.MaxValue;
        for (int at = 0; at < operations; at++)
        {
            using ScratchFolder folder = new();
            string checkpoints = folder.At("checkpoints");
            Prepare(checkpoints, UnflushedFiles.Instance, bestBefore);
            FaultyFiles files = new(at, fault);
            try
            {
                _ = new CheckpointStore(checkpoints, files).Save(step, Sample(step, best), keep: 1, best: best);
                operations = files.Operations <= at ? at : operations;
            }
            catch (Exception exception) when (exception is SimulatedKill or WriteFailedException)
            {
                // What is left is what counts.
            }

            Check(checkpoints, bestBefore, best);
        }

        Assert.InRange(operations, 20, 200);
    }

    private static void Check(string checkpoints, long bestBefore, long best)
    {
        using LoadedCheckpoint newest = new CheckpointStore(checkpoints).LoadLatest(out _)!;
        long says = EvaluationCourse.ReadBest(newest.State)?.Step ?? -1;
        Assert.Contains(says, new[] { bestBefore, best });
        Complete(says);
        if (new CheckpointFolder(checkpoints).Named("best", out string? problem) is { } named)
        {
            Assert.Contains(named, new[] { bestBefore, best });
            Complete(named);
        }
        else
        {
            Assert.Null(problem);
            Assert.Equal(-1, bestBefore);
        }

        void Complete(long step)
        {
            if (step < 0) return;
            using LoadedCheckpoint loaded = CheckpointReader.Open(new CheckpointFolder(checkpoints).Locate(step));
            Assert.Equal(step, CheckpointSample.Check(loaded));
        }
    }

    private static void Prepare(string checkpoints, IFileOperations files, long best)
    {
        CheckpointStore store = new(checkpoints, files);
        foreach (long step in s_before) _ = store.Save(step, Sample(step, best), keep: 9, best: best);
    }

    private static CheckpointContents Sample(long step, long best)
    {
        CheckpointContents contents = CheckpointSample.Of(step);
        contents.State["best"] = best < 0 ? null : new JsonObject { ["step"] = best, ["name"] = "val_loss", ["value"] = 1.5, ["higher_is_better"] = false };
        return contents;
    }
}
