using System.Text.Json.Nodes;

namespace MuonSharp.Training.Tests.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Checkpoints => _folder.At("checkpoints");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_without_a_checkpoint_loads_nothing()
    {
        Assert.Null(new CheckpointStore(Checkpoints).LoadLatest(out IReadOnlyList<string> problems));
        Assert.Empty(problems);
        _ = Directory.CreateDirectory(Checkpoints);
        Assert.Null(new CheckpointStore(Checkpoints).LoadLatest(out problems));
        Assert.Empty(problems);
        Assert.Empty(new CheckpointStore(Checkpoints).Steps);
    }

    [Fact]
    public void What_is_saved_is_loaded()
    {
        string saved = new CheckpointStore(Checkpoints).Save(500, CheckpointSample.Of(500), keep: 3);
        Assert.Equal(Path.Combine(Checkpoints, "step-00000500"), saved);
        Assert.Equal("step-00000500\n", File.ReadAllText(Path.Combine(Checkpoints, "latest")));
        Assert.Equal(["model.safetensors", "optimizer.safetensors", "state.json"], Directory.GetFiles(saved).Select(Path.GetFileName).Order());
        using LoadedCheckpoint? loaded = new CheckpointStore(Checkpoints).LoadLatest(out IReadOnlyList<string> problems);
        Assert.Equal(500, CheckpointSample.Check(loaded));
        Assert.Equal(saved, loaded!.Folder);
        Assert.Empty(problems);
    }

    [Fact]
    public void The_state_file_holds_the_hash_of_each_file_as_anybody_would_compute_it()
    {
        string saved = new CheckpointStore(Checkpoints).Save(7, CheckpointSample.Of(7), keep: 1);
        JsonNode state = JsonNode.Parse(File.ReadAllBytes(Path.Combine(saved, "state.json")))!;
        foreach (string name in new[] { "model.safetensors", "optimizer.safetensors" })
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(saved, name));
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), state["files"]![name]!["sha256"]!.GetValue<string>());
            Assert.Equal(bytes.Length, state["files"]![name]!["bytes"]!.GetValue<long>());
        }
    }

    [Fact]
    public void The_same_contents_give_the_same_bytes()
    {
        string a = new CheckpointStore(_folder.At("a")).Save(9, CheckpointSample.Of(9), keep: 1);
        string b = new CheckpointStore(_folder.At("b")).Save(9, CheckpointSample.Of(9), keep: 1);
        foreach (string file in Directory.GetFiles(a)) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(b, Path.GetFileName(file))));
    }

    [Fact]
    public void The_newest_few_are_kept()
    {
        var store = new CheckpointStore(Checkpoints);
        for (int step = 100; step <= 600; step += 100) _ = store.Save(step, CheckpointSample.Of(step), keep: 3);
        Assert.Equal([600L, 500L, 400L], store.Steps);
        Assert.Equal(600, CheckpointSample.LatestStep(Checkpoints, out _));
        _ = store.Save(700, CheckpointSample.Of(700), keep: 1);
        Assert.Equal([700L], store.Steps);
        Assert.Equal(["step-00000700"], Directory.GetDirectories(Checkpoints).Select(Path.GetFileName));
    }

    [Fact]
    public void A_checkpoint_of_the_same_step_is_replaced()
    {
        var store = new CheckpointStore(Checkpoints);
        _ = store.Save(100, CheckpointSample.Of(100), keep: 2);
        _ = store.Save(100, CheckpointSample.Of(100, "second"), keep: 2);
        using LoadedCheckpoint? loaded = store.LoadLatest(out IReadOnlyList<string> problems);
        Assert.Equal(100, CheckpointSample.Check(loaded, "second"));
        Assert.Empty(problems);
        Assert.Equal(["step-00000100"], Directory.GetDirectories(Checkpoints).Select(Path.GetFileName));
    }

    [Fact]
    public void A_run_that_went_back_leaves_no_later_checkpoint()
    {
        var store = new CheckpointStore(Checkpoints);
        for (int step = 100; step <= 300; step += 100) _ = store.Save(step, CheckpointSample.Of(step), keep: 9);
        _ = store.Save(150, CheckpointSample.Of(150), keep: 9);
        Assert.Equal([150L, 100L], store.Steps);
        Assert.Equal(150, CheckpointSample.LatestStep(Checkpoints, out _));
    }

    [Fact]
    public void A_checkpoint_that_latest_does_not_name_yet_is_no_reason_to_pass_over_the_one_it_names()
    {
        var store = new CheckpointStore(Checkpoints);
        _ = store.Save(100, CheckpointSample.Of(100), keep: 9);
        _ = store.Save(200, CheckpointSample.Of(200), keep: 9);
        File.WriteAllText(Path.Combine(Checkpoints, "latest"), "step-00000100\n");
        Assert.Equal(100, CheckpointSample.LatestStep(Checkpoints, out IReadOnlyList<string> problems));
        Assert.Empty(problems);
    }

    [Fact]
    public void Names_that_only_resemble_a_checkpoint_are_left_alone()
    {
        string[] names = ["step-7", "step-0000000100", "step-00000100.bak", "step--0000001", "notes", "step-99999999999999999999"];
        foreach (string name in names) _ = Directory.CreateDirectory(Path.Combine(Checkpoints, name));
        var store = new CheckpointStore(Checkpoints);
        Assert.Empty(store.Steps);
        _ = store.Save(1, CheckpointSample.Of(1), keep: 1);
        Assert.Equal(names.Append("step-00000001").Order(), Directory.GetDirectories(Checkpoints).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_step_beyond_eight_digits_has_a_name_too()
    {
        var store = new CheckpointStore(Checkpoints);
        _ = store.Save(99_999_999, CheckpointSample.Of(99_999_999), keep: 2);
        _ = store.Save(100_000_000, CheckpointSample.Of(100_000_000), keep: 2);
        Assert.Equal([100_000_000L, 99_999_999L], store.Steps);
        Assert.Equal(100_000_000, CheckpointSample.LatestStep(Checkpoints, out _));
    }

    [Fact]
    public void Nonsense_arguments_are_refused()
    {
        var store = new CheckpointStore(Checkpoints);
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Save(-1, CheckpointSample.Of(0), keep: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Save(1, CheckpointSample.Of(0), keep: 0));
        Assert.False(Directory.Exists(Checkpoints));
    }
}
