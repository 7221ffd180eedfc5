using System.Text;
using MuonSharp.Formats;
using MuonSharp.Numerics.Tests;
using MuonSharp.Optimizers;
using MuonSharp.Training.Tests.Checkpoints;

namespace MuonSharp.Training.Tests.Runs;

public sealed class MetricsLogTests : IDisposable
{
    private static readonly GroupLearningRate[] s_rates = [new("muon", 0.02), new("adamw", 0.003)];
    private static readonly HeadClip[] s_heads = [new(0, 0, 12.5f, 0.5, 0.25, 2), new(0, 1, -1, 1, 1, 0), new(1, 0, float.NaN, 1, 0.5, 1)];
    private readonly ScratchFolder _folder = new();

    private string Metrics => _folder.At("metrics.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_kind_of_line_has_its_keys_in_order()
    {
        using (MetricsLog log = Open())
        {
            log.Write(Line(1));
            log.Write(Line(2) with { Loss = double.NaN, MaximumLogit = 12.5, ClippedHeads = 3, Heads = s_heads });
            log.Write(new EvaluationLine(2, [new("val_loss", 1.25), new("bits_per_byte", 1.8)]));
            log.Write(new SampleLine(2, "It is", " a \"truth\"\nuniversally 数"));
            log.Write(new CheckpointLine(2, "checkpoints/step-00000002"));
            log.Write(new SkippedLine(3, "h.0.weight", 1));
            log.Write(new EndLine(3, "finished"));
            log.Write(Line(4) with { Groups = [new("muon", 24, 0.5, 30, 1, 2), new("adamw", 9, double.NaN, 0, 0, 0)], Memory = new(200, 50) });
            log.Write(new SpectrumLine(4)
            {
                Matrix = "h.0.attn.weight/query",
                Rows = 2,
                Columns = 3,
                Spectra = [new(SpectrumKind.Gradient, 5, [4, 3]), new(SpectrumKind.Weights, double.NaN, [double.NaN, double.NaN])],
            });
        }

        string[] expected =
        [
            """{"kind":"step","step":1,"tokens":768,"loss":4.5,"lr":{"muon":0.02,"adamw":0.003},"grad_norm":1.5,"update_rms":0.25,"step_ms":3.5,"optimizer_ms":0.5,"tokens_per_second":1000,"max_logit":null,"clipped_heads":0,"head_max_logits":[],"head_factors":[]}""",
            """{"kind":"step","step":2,"tokens":1536,"loss":null,"lr":{"muon":0.02,"adamw":0.003},"grad_norm":1.5,"update_rms":0.25,"step_ms":3.5,"optimizer_ms":0.5,"tokens_per_second":1000,"max_logit":12.5,"clipped_heads":3,"head_max_logits":[[12.5,-1],[null]],"head_factors":[[0.25,1],[0.5]]}""",
            """{"kind":"eval","step":2,"val_loss":1.25,"bits_per_byte":1.8}""",
            """{"kind":"sample","step":2,"prompt":"It is","text":" a \"truth\"\nuniversally 数"}""",
            """{"kind":"checkpoint","step":2,"path":"checkpoints/step-00000002"}""",
            """{"kind":"skipped","step":3,"parameter":"h.0.weight","in_a_row":1,"grad_norm":null}""",
            """{"kind":"end","step":3,"reason":"finished"}""",
            """{"kind":"step","step":4,"tokens":3072,"loss":4.5,"lr":{"muon":0.02,"adamw":0.003},"grad_norm":1.5,"update_rms":0.25,"step_ms":3.5,"optimizer_ms":0.5,"tokens_per_second":1000,"max_logit":null,"clipped_heads":0,"head_max_logits":[],"head_factors":[],"groups":{"muon":{"updated":24,"update_rms":0.5,"orthogonalized":30,"poles_raised":1,"fall_backs":2},"adamw":{"updated":9,"update_rms":null}},"working_set_bytes":200,"managed_bytes":50}""",
            """{"kind":"spectrum","step":4,"matrix":"h.0.attn.weight/query","rows":2,"columns":3,"gradient":{"frobenius":5,"values":[4,3]},"weights":{"frobenius":null,"values":[null,null]}}""",
        ];
        Assert.Equal(string.Join('\n', expected) + "\n", File.ReadAllText(Metrics));

        // What was written is read, with every number as it was.
        using MetricsReader reader = new(Metrics);
        List<MetricsLine> lines = [];
        while (reader.Next(out string? problem) is { } line)
        {
            Assert.Null(problem);
            lines.Add(line);
        }

        Assert.Equal(expected, lines.Select(line => line.ToJson()));
        Assert.Equal(new SampleLine(2, "It is", " a \"truth\"\nuniversally 数"), lines[3]);
        Assert.Equal([new("val_loss", 1.25), new("bits_per_byte", 1.8)], ((EvaluationLine)lines[2]).Numbers);
        Assert.Equal([(0, 0, 12.5f, 0.25), (0, 1, -1f, 1), (1, 0, float.NegativeInfinity, 0.5)], ((StepLine)lines[1]).Heads.Select(head => (head.Layer, head.Head, head.MaximumLogit, head.AccumulatedFactor)));
    }

    /// <summary>Written by earlier builds: the runtime's count of the heap is below zero for a moment, where another thread collects.</summary>
    [Fact]
    public void A_heap_below_zero_is_read_as_none()
    {
        File.WriteAllText(Metrics, """{"kind":"step","step":1,"loss":2,"working_set_bytes":95133696,"managed_bytes":-480528}""" + "\n");
        using MetricsReader reader = new(Metrics);
        Assert.Equal(new ProcessMemory(95133696, 0), ((StepLine)reader.Next(out string? problem)!).Memory);
        Assert.Null(problem);
    }

    [Fact]
    public void A_reader_follows_the_file_and_notices_that_a_resume_has_cut_it()
    {
        using MetricsLog log = Open();
        log.Write(Line(1));
        log.Write(Line(2));
        using MetricsReader reader = new(Metrics);
        Assert.Equal([1L, 2L], [reader.Next(out _)!.Step, reader.Next(out _)!.Step]);
        Assert.Null(reader.Next(out string? problem));
        Assert.Null(problem);
        log.Write(new EndLine(2, "finished"));
        Assert.Equal(new EndLine(2, "finished"), reader.Next(out _));
        Assert.Null(reader.Next(out _));
        Assert.False(reader.IsCut);
        using (FileStream file = File.Open(Metrics, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(LengthOf(1));
        Assert.True(reader.IsCut);
    }

    [Theory]
    [InlineData("""{"kind":"stop","step":1}""", "kind must be one of step, eval, sample, checkpoint, skipped, end, spectrum; \"stop\" came")]
    [InlineData("""{"kind":"end","step":-1,"reason":"finished"}""", "step must be a whole number of 0 or more; -1 came")]
    [InlineData("""{"kind":"step","step":1,"tokens":1}""", "loss must be a number; it is missing")]
    [InlineData("""{"kind":"step","step":1,"loss":1,"head_max_logits":[[1]],"head_factors":[[1,2]]}""", "head_factors[0] must be a list of 1; a list of 2 came")]
    [InlineData("""{"kind":"eval","step":1}""", "an evaluation must hold a number; none came")]
    [InlineData("""{"kind":"spectrum","step":1,"matrix":"a","rows":0,"columns":2}""", "rows must be a whole number from 1 to 1073741824; 0 came")]
    [InlineData("""{"kind":"spectrum","step":1,"matrix":"a","rows":1,"columns":2,"weights":{"frobenius":1,"values":[]}}""", "weights.values must be a list of 1 to 128; a list of 0 came")]
    [InlineData("""{"kind":"step","step":1,"loss":1,"step_ms":1,"groups":{"muon":{"updated":-1}}}""", "groups.muon.updated must be a whole number of 0 or more; -1 came")]
    [InlineData("""[]""", "it must be an object; a list of 0 came")]
    public void A_line_that_breaks_a_rule_is_a_problem_with_its_number(string line, string problem)
    {
        File.WriteAllText(Metrics, "{\"kind\":\"end\",\"step\":1,\"reason\":\"done\"}\n" + line + "\n{\"kind\":\"end\",\"step\":2,\"reason\":\"done\"}\n");
        using MetricsReader reader = new(Metrics);
        Assert.Equal(1, reader.Next(out _)!.Step);
        Assert.Null(reader.Next(out string? said));
        Assert.Equal($"[metrics] {Metrics}: line 2: {problem}", said);
        Assert.Equal(2, reader.Line);
        Assert.Equal(2, reader.Next(out _)!.Step);
    }

    [Fact]
    public void A_line_is_visible_as_soon_as_it_is_written()
    {
        using MetricsLog log = Open();
        for (int step = 1; step <= 3; step++)
        {
            log.Write(Line(step));
            Assert.Equal(step, File.ReadLines(Metrics).Count());
            Assert.Equal(new FileInfo(Metrics).Length, log.Length);
        }
    }

    [Fact]
    public void Writing_a_line_allocates_nothing()
    {
        using MetricsLog log = Open();
        StepLine line = Line(123456);
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            for (int i = 0; i < 200; i++) log.Write(line);
        }));
    }

    [Fact]
    public void A_line_that_does_not_fit_the_disk_leaves_no_part_of_itself()
    {
        // Operation 0 opens the file, 1 writes the first line, 2 fails half-way through the second.
        using var log = new MetricsLog(Metrics, 0, new FaultyFiles(2, Fault.FailOnce));
        log.Write(Line(1));
        WriteFailedException exception = Assert.Throws<WriteFailedException>(() => log.Write(Line(2)));
        Assert.Equal($"[metrics] {Metrics}: could not be written; No space left on device", exception.Message);
        log.Write(Line(3));
        Assert.Equal([1L, 3L], Steps());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 6)]
    [InlineData(99, 6)]
    public void Without_a_recorded_length_lines_up_to_the_checkpoints_step_are_kept(long step, int lines)
    {
        WriteThreeSteps();
        Assert.Equal(LengthOf(lines), MetricsTrim.KeptBytes(Metrics, recorded: null, step));
    }

    [Fact]
    public void A_torn_last_line_is_dropped_wherever_it_is_torn()
    {
        WriteThreeSteps();
        byte[] whole = File.ReadAllBytes(Metrics);
        for (long cut = LengthOf(5) + 1; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(Metrics, whole[..(int)cut]);
            Assert.Equal(LengthOf(5), MetricsTrim.KeptBytes(Metrics, recorded: null, step: 99));
            Assert.Equal(LengthOf(5), MetricsTrim.KeptBytes(Metrics, recorded: whole.Length, step: 99));
        }

        long LengthOf(int lines) => Encoding.UTF8.GetByteCount(string.Concat(Encoding.UTF8.GetString(whole).Split('\n').Take(lines).Select(line => line + "\n")));
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("[]\n")]
    [InlineData("{\"kind\":\"step\"}\n")]
    [InlineData("{\"kind\":\"step\",\"step\":\"1\"}\n")]
    [InlineData("{\"kind\":\"step\",\"step\":1.5}\n")]
    [InlineData("\0\0\0\0\n")]
    [InlineData("\n")]
    public void A_damaged_line_ends_what_is_kept(string damage)
    {
        WriteThreeSteps();
        long length = new FileInfo(Metrics).Length;
        File.AppendAllText(Metrics, damage + "{\"kind\":\"step\",\"step\":3}\n");
        Assert.Equal(length, MetricsTrim.KeptBytes(Metrics, recorded: null, step: 99));
    }

    [Fact]
    public void A_recorded_length_is_taken_if_a_line_ends_there()
    {
        WriteThreeSteps();
        long length = new FileInfo(Metrics).Length;
        Assert.Equal(LengthOf(3), MetricsTrim.KeptBytes(Metrics, LengthOf(3), step: 1));
        Assert.Equal(0, MetricsTrim.KeptBytes(Metrics, 0, step: 1));
        Assert.Equal(length, MetricsTrim.KeptBytes(Metrics, length, step: 1));
        Assert.Equal(LengthOf(2), MetricsTrim.KeptBytes(Metrics, LengthOf(3) - 1, step: 1));
        Assert.Equal(LengthOf(2), MetricsTrim.KeptBytes(Metrics, length + 1, step: 1));
        Assert.Equal(0, MetricsTrim.KeptBytes(_folder.At("missing"), 10, step: 1));
    }

    private void WriteThreeSteps()
    {
        using MetricsLog log = Open();
        for (int step = 1; step <= 3; step++)
        {
            log.Write(Line(step));
            log.Write(new EvaluationLine(step, [new("val_loss", 1), new("bits_per_byte", 2)]));
        }
    }

    private MetricsLog Open() => new(Metrics, 0, FileOperations.Instance);

    private long LengthOf(int lines) => File.ReadLines(Metrics).Take(lines).Sum(line => Encoding.UTF8.GetByteCount(line) + 1L);

    private long[] Steps() => [.. File.ReadLines(Metrics).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!["step"]!.GetValue<long>())];

    private static StepLine Line(long step) => new(step)
    {
        Unit = "tokens",
        Units = step * 768,
        Loss = 4.5,
        LearningRates = s_rates,
        GradientNorm = 1.5,
        UpdateRms = 0.25,
        StepMilliseconds = 3.5,
        OptimizerMilliseconds = 0.5,
        UnitsPerSecond = 1000,
        MaximumLogit = double.NaN,
        ClippedHeads = 0,
        Heads = [],
    };
}
