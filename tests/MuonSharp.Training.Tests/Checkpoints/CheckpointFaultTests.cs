using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>A fault at every single file operation of a save: what can be loaded is complete, the old or the new one.</summary>
public sealed class CheckpointFaultTests
{
    /// <summary>Steps there before, the step saved, and how many are kept.</summary>
    public static TheoryData<long[], long, int> Situations => new()
    {
        { [], 100, 2 },
        { [100], 200, 1 },
        { [100, 200], 300, 2 },
        { [100, 200, 300], 400, 1 },
        { [100, 200], 200, 2 },
        { [200], 200, 1 },
        { [100, 200, 300], 150, 2 },
    };

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_kill_at_any_operation_leaves_a_complete_checkpoint(long[] before, long step, int keep) =>
        AtEveryOperation(before, step, keep, Fault.Kill);

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_failure_of_any_operation_leaves_a_complete_checkpoint(long[] before, long step, int keep) =>
        AtEveryOperation(before, step, keep, Fault.FailOnce);

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_disk_that_is_full_from_any_operation_on_leaves_a_complete_checkpoint(long[] before, long step, int keep) =>
        AtEveryOperation(before, step, keep, Fault.DiskFull);

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_reader_at_any_instant_of_a_save_finds_a_complete_checkpoint(long[] before, long step, int keep)
    {
        using var folder = new ScratchFolder();
        Prepare(folder.At("checkpoints"), before);
        int instants = 0;
        var files = new FaultyFiles
        {
            AfterEach = () =>
            {
                instants++;
                _ = Latest(folder.At("checkpoints"), before, step);
            },
        };
        _ = new CheckpointStore(folder.At("checkpoints"), files).Save(step, CheckpointSample.Of(step, "new"), keep);
        Assert.InRange(instants, 20, 200);
    }

    [Theory]
    [MemberData(nameof(Situations))]
    public void A_power_failure_at_any_instant_leaves_a_complete_checkpoint(long[] before, long step, int keep)
    {
        using var folder = new ScratchFolder();
        var model = new PowerLossFiles(folder.Path);
        foreach (long old in before) _ = new CheckpointStore(folder.At("checkpoints"), model).Save(old, CheckpointSample.Of(old), keep: 9);
        int instants = 0;
        var files = new FaultyFiles(inner: model)
        {
            AfterEach = () =>
            {
                foreach (Survivors survivors in Enum.GetValues<Survivors>())
                {
                    using var afterwards = new ScratchFolder();
                    model.Restore(afterwards.Path, survivors);
                    _ = Latest(afterwards.At("checkpoints"), before, step);
                    instants++;
                }
            },
        };
        _ = new CheckpointStore(folder.At("checkpoints"), files).Save(step, CheckpointSample.Of(step, "new"), keep);
        Assert.InRange(instants, 60, 600);

        // Once the save has returned, no power failure can take the new checkpoint away.
        using var end = new ScratchFolder();
        model.Restore(end.Path, Survivors.Nothing);
        Assert.Equal((step, "new"), Latest(end.At("checkpoints"), before, step));
    }

    private static void AtEveryOperation(long[] before, long step, int keep, Fault fault)
    {
        int operations = int.MaxValue;
        for (int at = 0; at < operations; at++)
        {
            using var folder = new ScratchFolder();
            string checkpoints = folder.At("checkpoints");
            Prepare(checkpoints, before);
            var files = new FaultyFiles(at, fault);
            bool saved = Save(new CheckpointStore(checkpoints, files), step, keep, fault);
            (long, string)? latest = Latest(checkpoints, before, step);
            if (saved) Assert.Equal((step, "new"), latest);
            if (saved && files.Operations <= at) operations = at; // No operation was left to fail: this was the last round.

            // The next save finds its way through whatever was left behind, and leaves nothing of it.
            _ = new CheckpointStore(checkpoints, UnflushedFiles.Instance).Save(step, CheckpointSample.Of(step, "again"), keep);
            Assert.Equal(step, CheckpointSample.LatestStep(checkpoints, out IReadOnlyList<string> problems));
            Assert.Empty(problems);
            Assert.All(Directory.GetDirectories(checkpoints), name => Assert.StartsWith("step-", Path.GetFileName(name), StringComparison.Ordinal));
            Assert.InRange(Directory.GetDirectories(checkpoints).Length, 1, keep);
        }

        Assert.InRange(operations, 20, 200);
    }

    private static bool Save(CheckpointStore store, long step, int keep, Fault fault)
    {
        try
        {
            _ = store.Save(step, CheckpointSample.Of(step, "new"), keep);
            return true;
        }
        catch (SimulatedKill) when (fault == Fault.Kill)
        {
            return false;
        }
        catch (WriteFailedException exception) when (fault != Fault.Kill)
        {
            Assert.Contains("could not be written; No space left on device", exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(exception.Message, char.IsControl);
            return false;
        }
    }

    private static void Prepare(string checkpoints, long[] before)
    {
        foreach (long old in before) _ = new CheckpointStore(checkpoints, UnflushedFiles.Instance).Save(old, CheckpointSample.Of(old), keep: 9);
    }

    /// <summary>Loads what is there: the newest of the old ones, in full, or the new one, in full; nothing only if nothing was.</summary>
    private static (long Step, string Flavour)? Latest(string checkpoints, long[] before, long step)
    {
        using LoadedCheckpoint? loaded = new CheckpointStore(checkpoints).LoadLatest(out IReadOnlyList<string> problems);
        Assert.Empty(problems);
        if (loaded is null)
        {
            Assert.Empty(before);
            return null;
        }

        _ = CheckpointSample.Check(loaded);
        string flavour = loaded.State["flavour"].Text();
        Assert.True(flavour == "new" ? loaded.Step == step : loaded.Step == before[^1], $"step {loaded.Step}, {flavour}");
        return (loaded.Step, flavour);
    }
}
