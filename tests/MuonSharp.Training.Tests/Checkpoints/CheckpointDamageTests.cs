using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>Damage after the fact: found before anything is used, reported in one line, and the checkpoint before is taken.</summary>
public sealed class CheckpointDamageTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public CheckpointDamageTests()
    {
        var store = new CheckpointStore(_folder.Path, UnflushedFiles.Instance);
        _ = store.Save(100, CheckpointSample.Of(100), keep: 9);
        _ = store.Save(200, CheckpointSample.Of(200), keep: 9);
    }

    public static TheoryData<string> Files => ["model.safetensors", "optimizer.safetensors", "state.json"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_flipped_bit_is_found(string name)
    {
        string path = _folder.At("step-00000200", name);
        byte[] bytes = File.ReadAllBytes(path);
        for (int place = 0; place < bytes.Length; place++)
        {
            byte[] damaged = [.. bytes];
            damaged[place] ^= (byte)(1 << (place % 8));
            File.WriteAllBytes(path, damaged);
            PassedOver(path);
        }

        File.WriteAllBytes(path, bytes);
        Assert.Equal(200, CheckpointSample.LatestStep(_folder.Path, out IReadOnlyList<string> problems));
        Assert.Empty(problems);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_truncation_is_found(string name)
    {
        string path = _folder.At("step-00000200", name);
        byte[] bytes = File.ReadAllBytes(path);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            PassedOver(path);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void An_appended_byte_a_missing_file_and_a_directory_in_its_place_are_found(string name)
    {
        string path = _folder.At("step-00000200", name);
        File.AppendAllText(path, "\n");
        PassedOver(path);
        File.Delete(path);
        PassedOver(path);
        _ = Directory.CreateDirectory(path);
        PassedOver(path);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_another_checkpoint_is_found(string name)
    {
        File.Copy(_folder.At("step-00000100", name), _folder.At("step-00000200", name), overwrite: true);
        PassedOver(_folder.At("step-00000200"));
    }

    [Fact]
    public void A_missing_folder_is_found()
    {
        Directory.Delete(_folder.At("step-00000200"), recursive: true);
        PassedOver(_folder.At("step-00000200"));
    }

    [Theory]
    [InlineData("", "it must name a checkpoint; it says ''")]
    [InlineData("step-00000200", "it must name a checkpoint; it says 'step-00000200'")]
    [InlineData("../../etc\n", "it must name a checkpoint; it says '../../etc")]
    [InlineData("step-200\n", "it must name a checkpoint")]
    public void A_damaged_latest_is_reported_and_the_newest_checkpoint_taken(string content, string problem)
    {
        File.WriteAllText(_folder.At("latest"), content);
        Assert.Equal(200, CheckpointSample.LatestStep(_folder.Path, out IReadOnlyList<string> problems));
        Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_latest_is_no_damage_for_a_first_save_may_end_before_it_is_written()
    {
        File.Delete(_folder.At("latest"));
        Assert.Equal(200, CheckpointSample.LatestStep(_folder.Path, out IReadOnlyList<string> problems));
        Assert.Empty(problems);
    }

    [Fact]
    public void When_all_are_damaged_nothing_is_taken()
    {
        foreach (string step in new[] { "step-00000100", "step-00000200" }) File.Delete(_folder.At(step, "model.safetensors"));
        InvalidFileException exception = Assert.Throws<InvalidFileException>(() => new CheckpointStore(_folder.Path).LoadLatest(out _));
        Assert.StartsWith($"[checkpoint] {_folder.Path}: a complete checkpoint is needed; ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("step-00000200", exception.Message, StringComparison.Ordinal);
        Assert.Contains("step-00000100", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    [Fact]
    public void A_damaged_checkpoint_is_replaced_when_the_run_comes_to_its_step_again()
    {
        File.Delete(_folder.At("step-00000200", "model.safetensors"));
        _ = new CheckpointStore(_folder.Path, UnflushedFiles.Instance).Save(200, CheckpointSample.Of(200, "again"), keep: 2);
        Assert.Equal(200, CheckpointSample.LatestStep(_folder.Path, out IReadOnlyList<string> problems));
        Assert.Empty(problems);
    }

    private void PassedOver(string path)
    {
        Assert.Equal(100, CheckpointSample.LatestStep(_folder.Path, out IReadOnlyList<string> problems));
        string problem = Assert.Single(problems);
        Assert.StartsWith("[checkpoint] " + path, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(problem, char.IsControl);
    }
}
