using System.Buffers.Binary;
using System.Text;
using MuonSharp.Training.Tests.Ranks;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Runs;

public class TensorBoardLogTests
{
    [Fact]
    public async Task A_run_writes_its_numbers_and_samples_and_a_resumed_one_says_where_it_begins()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 10).Set("log.tensorBoard", "true");
        string run = folder.File("run");
        using (Trainer trainer = Trainer.Create(config, run))
        {
            await TestRun.RunUntil(trainer, 6);
        }

        using (Trainer trainer = Trainer.Resume(run))
        {
            await TestRun.Run(trainer);
        }

        string[] files = [.. Directory.GetFiles(run, "events.out.tfevents.*").Order(StringComparer.Ordinal)];
        Assert.Equal(2, files.Length);
        List<(long Step, string Tag, float Value)>[] read = [.. files.Select(Numbers)];
        Assert.Equal([1, 2, 3, 4, 5, 6], Steps(read[0]));
        Assert.Equal([7, 8, 9, 10], Steps(read[1]));
        Assert.Equal(7, FirstStep(files[1]));

        // metrics.jsonl is the reference: it has its own tests.
        using MetricsReader metrics = new(Path.Combine(run, "metrics.jsonl"));
        while (metrics.Next(out _) is { } line)
        {
            if (line is StepLine step)
            {
                Assert.Contains((step.Step, "train/loss", (float)step.Loss), read.SelectMany(each => each));
                Assert.Contains((step.Step, "learning_rate/matrices", (float)step.LearningRates.Single(rate => rate.Group == "matrices").Value), read.SelectMany(each => each));
            }

            if (line is EvaluationLine evaluation)
            {
                Assert.Contains((evaluation.Step, "held_out/val_loss", (float)evaluation.Numbers[0].Value), read.SelectMany(each => each));
            }

            if (line is SampleLine sample)
            {
                string whole = string.Join('\n', (sample.Prompt + sample.Text).Split('\n').Select(row => "    " + row));
                Assert.Contains(files, file => Encoding.Latin1.GetString(File.ReadAllBytes(file)).Contains(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(whole)), StringComparison.Ordinal));
            }
        }
    }

    /// <summary>TensorBoard reads the files in the order of their names, so a resumed run's must come last.</summary>
    [Fact]
    public async Task A_clock_that_is_put_back_changes_neither_bits_nor_metrics_nor_the_order_of_the_files()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 10).Set("log.tensorBoard", "true");
        string whole = folder.File("whole"), run = folder.File("run");
        using (Trainer trainer = Trainer.Create(config, whole))
        {
            await TestRun.Run(trainer);
        }

        using (Trainer trainer = Trainer.Create(config, run, new TrainerOptions { Time = new BackwardTime(2030) }))
        {
            await TestRun.RunUntil(trainer, 6);
        }

        foreach (int year in (int[])[2020, 2019])
        {
            using Trainer trainer = Trainer.Resume(run, null, new TrainerOptions { Time = new BackwardTime(year) });
            await (year == 2020 ? TestRun.RunUntil(trainer, 8) : TestRun.Run(trainer));
        }

        Assert.Equal(RankRuns.Metrics(whole), RankRuns.Metrics(run));
        string last = Path.Combine("checkpoints", "step-00000010", "model.safetensors");
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, last)), File.ReadAllBytes(Path.Combine(run, last)));
        Assert.Equal([1, 7, 9], Directory.GetFiles(run, "events.out.tfevents.*").Order(StringComparer.Ordinal).Select(FirstStep));
        Assert.All(File.ReadLines(Path.Combine(run, "metrics.jsonl")), line => Assert.DoesNotContain("_ms\":-", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_key_there_is_no_such_file()
    {
        using TemporaryFolder folder = new();
        using (Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 2), folder.File("run")))
        {
            await TestRun.Run(trainer);
        }

        Assert.Empty(Directory.GetFiles(folder.File("run"), "*tfevents*"));
    }

    /// <summary>A clock that somebody puts back by an hour each time it is looked at; what has elapsed is counted by something else.</summary>
    private sealed class BackwardTime(int year) : TimeProvider
    {
        private DateTimeOffset _now = new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now -= TimeSpan.FromHours(1);
    }

    private static IEnumerable<long> Steps(List<(long Step, string Tag, float Value)> numbers) => numbers.Where(number => number.Tag == "train/loss").Select(number => number.Step);

    private static long FirstStep(string file) => Records(file).Skip(1).Select(record => Fields(record).Single(field => field.Number == 2).Whole).First();

    /// <summary>All scalars of a file: field by field as the format of protocol buffers says, without our writer.</summary>
    private static List<(long Step, string Tag, float Value)> Numbers(string file)
    {
        List<(long, string, float)> all = [];
        foreach (byte[] record in Records(file))
        {
            long step = Fields(record).Where(field => field.Number == 2).Select(field => field.Whole).SingleOrDefault();
            foreach (byte[] value in Fields(record).Where(field => field.Number == 5).SelectMany(summary => Fields(summary.Block)).Select(field => field.Block))
            {
                if (Fields(value).FirstOrDefault(field => field.Number == 2) is { Block: { Length: 4 } number })
                {
                    all.Add((step, Encoding.UTF8.GetString(Fields(value).Single(field => field.Number == 1).Block), BinaryPrimitives.ReadSingleLittleEndian(number)));
                }
            }
        }

        return all;
    }

    private static IEnumerable<byte[]> Records(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        for (int at = 0, length; at < bytes.Length; at += length + 16)
        {
            length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            yield return bytes[(at + 12)..(at + 12 + length)];
        }
    }

    private static IEnumerable<(int Number, long Whole, byte[] Block)> Fields(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            long key = Varint();
            switch (key & 7)
            {
                case 0:
                    yield return ((int)(key >> 3), Varint(), []);
                    break;
                case 2:
                    int length = (int)Varint();
                    yield return ((int)(key >> 3), 0, message[at..(at += length)]);
                    break;
                default:
                    int width = (key & 7) == 1 ? 8 : 4;
                    yield return ((int)(key >> 3), 0, message[at..(at += width)]);
                    break;
            }

            long Varint()
            {
                long value = 0;
                for (int shift = 0; ; shift += 7)
                {
                    byte one = message[at++];
                    value |= (long)(one & 0x7f) << shift;
                    if (one < 0x80)
                    {
                        return value;
                    }
                }
            }
        }
    }
}
