using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests;

/// <summary>Tasks of images: what they draw, how they evaluate, that runs of them are resumed to the same bits.</summary>
public sealed class ImageTaskTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-image-task-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    public void Loss_and_accuracies_are_those_of_plain_loops(int views)
    {
        ImageSet images = TinyImages.Set(37, 5);
        ModelBuilder builder = new(seed: 3);
        Linear head = new(builder, "head", 64, 3, role: ParameterRole.Head);
        using WorkerTeam team = new(2);
        using Model model = builder.Build(team);
        using ImageTask task = new(model, TinyImages.Set(30, 6), (tape, x) => head.Record(tape, tape.Flatten(x)), images, new() { Batch = 10, EvaluationBatch = 16, Views = views, LabelSmoothing = 0.3 });
        MuonSharp.Training.Evaluation found = task.Evaluate(CancellationToken.None)!;

        (double mean, double deviation) = (task.Normalization.Means[0], task.Normalization.Deviations[0]);
        (bool Mirrored, int Move, double Weight)[] all = views switch
        {
            1 => [(false, 0, 1)],
            2 => [(false, 0, 0.5), (true, 0, 0.5)],
            _ => [(false, 0, 0.25), (true, 0, 0.25), (false, -1, 0.125), (true, -1, 0.125), (false, 1, 0.125), (true, 1, 0.125)],
        };
        (double loss, int right, int rightOfAll) = (0, 0, 0);
        int[,] confusion = new int[3, 3];
        for (int i = 0; i < images.Count; i++)
        {
            double[] plain = Logits(i, false, 0), sum = new double[3];
            foreach ((bool mirrored, int move, double weight) in all)
            {
                double[] logits = Logits(i, mirrored, move);
                for (int k = 0; k < 3; k++)
                {
                    sum[k] += weight * logits[k];
                }
            }

            loss += Math.Log(plain.Sum(Math.Exp)) - plain[images.Labels[i]];
            right += Array.IndexOf(plain, plain.Max()) == images.Labels[i] ? 1 : 0;
            rightOfAll += Array.IndexOf(sum, sum.Max()) == images.Labels[i] ? 1 : 0;
            confusion[images.Labels[i], Array.IndexOf(sum, sum.Max())]++;
        }

        Assert.Equal(loss / 37, found["val_loss"]!.Value, 1e-5);
        Assert.Equal(right / 37.0, found["accuracy"]!.Value, 1e-12);
        Assert.Equal(views == 1 ? (double?)null : rightOfAll / 37.0, found["accuracy_views"]);
        Assert.Equal(rightOfAll / 37.0, task.Details!.Accuracy, 1e-12);
        Assert.All(Enumerable.Range(0, 9), at => Assert.Equal(confusion[at / 3, at % 3], task.Details.Count(at / 3, at % 3)));
        Assert.Equal(Math.Min(24, 37 - rightOfAll), task.Details.Mistakes.Length);
        Assert.All(task.Details.Mistakes, mistake => Assert.Equal(images.Labels[mistake.Index], mistake.Actual));
        Assert.Equal(task.Details.Mistakes.OrderBy(mistake => mistake.ActualProbability), task.Details.Mistakes);

        double[] Logits(int image, bool mirrored, int move)
        {
            double[] logits = [.. head.Bias!.Weights.Span.ToArray().Select(value => (double)value)];
            for (int y = 0; y < 8; y++)
            {
                for (int x = 0; x < 8; x++)
                {
                    (int row, int column) = (Inside(y + move), Inside((mirrored ? 7 - x : x) + move));
                    double pixel = ((images[image][(row * 8) + column] / 255.0) - mean) / deviation;
                    for (int k = 0; k < 3; k++)
                    {
                        logits[k] += head.Weight.Weights.Span[(k * 64) + (y * 8) + x] * pixel;
                    }
                }
            }

            return logits;

            static int Inside(int at) => at < 0 ? 1 : at > 7 ? 6 : at;
        }
    }

    [Fact]
    public void The_gradient_of_the_sum_is_that_of_the_mean_times_the_images()
    {
        float[] Gradient(bool sums)
        {
            ModelBuilder builder = new(seed: 3);
            Linear head = new(builder, "head", 64, 3, role: ParameterRole.Head);
            using WorkerTeam team = new(1);
            using Model model = builder.Build(team);
            using ImageTask task = new(model, TinyImages.Set(30, 6), (tape, x) => head.Record(tape, tape.Flatten(x)), null, new() { Batch = 8, SumsLoss = sums });
            model.Parameters.ZeroGradients();
            _ = task.Run(1, 0, 0.5f);
            return head.Weight.Gradient.Span.ToArray();
        }

        // Half of two micro-batches' mean against all of the sum of sixteen images.
        float[] mean = Gradient(sums: false), sum = Gradient(sums: true);
        Assert.All(mean.Zip(sum), pair => Assert.Equal(pair.First * 16, pair.Second, 1e-4f));
        Assert.Contains(sum, value => Math.Abs(value) > 0.1);
    }

    [Theory]
    [InlineData("convnet", "4,6,8", 8)]
    [InlineData("perceptron", "32,16", 8)]
    [InlineData("airbench94", "4,6,8", 24)]
    public async Task A_network_learns_bars_from_the_configuration_alone(string network, string widths, int size)
    {
        TrainingConfig config = TinyImages.Config(
            TinyImages.Write(_folder.FullName, size: size), ("image.network", network), ("image.widths", widths), ("image.epochs", "3"), ("image.flip", "true"));
        (TrainingConfig effective, List<TrainingEvent> events, _) = await Train(config, null);
        Assert.Equal(36, effective.Train.Steps);
        MuonSharp.Training.Evaluation[] evaluations = [.. events.OfType<EvaluationEvent>().Select(happened => happened.Result)];
        Assert.Equal(9, evaluations.Length);
        Assert.All(evaluations[..^1], evaluation => Assert.Null(evaluation["accuracy_views"]));
        Assert.InRange(evaluations[^1]["accuracy"]!.Value, 0.95, 1);
        Assert.InRange(evaluations[^1]["accuracy_views"]!.Value, 0.95, 1);
        Assert.Equal("images", events.OfType<StepEvent>().First().Metrics.Unit);
    }

    [Fact]
    public async Task Stopped_and_resumed_runs_and_any_number_of_threads_end_with_the_same_bits()
    {
        string data = TinyImages.Write(_folder.FullName);
        (string, string)[] extras = [("image.shift", "2"), ("train.accumulation", "2"), ("image.epochs", "2"), ("image.labelSmoothing", "0.2")];
        string whole = Path.Combine(_folder.FullName, "whole"), parts = Path.Combine(_folder.FullName, "parts");
        (TrainingConfig config, _, float[] straight) = await Train(TinyImages.Config(data, extras), whole);
        Assert.Equal(12, config.Train.Steps);
        (_, _, float[] other) = await Train(TinyImages.Config(data, [.. extras, ("train.threads", "3")]), null);
        Assert.Equal(straight, other);

        using CancellationTokenSource stop = new();
        using (Trainer first = Trainer.Create(TinyImages.Config(data, extras), parts))
        {
            await foreach (TrainingEvent happened in first.RunAsync(stop.Token))
            {
                if (happened is StepEvent { Step: 5 })
                {
                    await stop.CancelAsync();
                }
            }
        }

        using Trainer second = Trainer.Resume(parts);
        Assert.InRange(second.Step, 5, 11);
        await foreach (TrainingEvent _ in second.RunAsync())
        {
        }

        Assert.Equal(straight, Weights(second));
        Assert.Equal(Lines(whole), Lines(parts));
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "evaluation.json")), File.ReadAllText(Path.Combine(parts, "evaluation.json")));

        static string[] Lines(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Where(line => line.Contains("\"eval\"", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Steps_that_are_asked_for_count_more_than_the_epochs_of_a_preset()
    {
        string data = TinyImages.Write(_folder.FullName), run = Path.Combine(_folder.FullName, "run");
        TrainingConfig config = new TrainingConfigBuilder().UsePreset("fashion-mnist").Set("data.file", data).Set("image.classes", "null").Set("image.network", "convnet").Set("image.widths", "4,4,4")
            .Set("train.batch", "16").Set("train.steps", "3", new(ConfigSource.Option, "--steps")).Build();
        (TrainingConfig effective, _, _) = await Train(config, run);
        Assert.Equal((3, null), (effective.Train.Steps, effective.Image.Epochs));
        Assert.Equal((3, null), (new RunFolder(run).ReadConfig().Train.Steps, new RunFolder(run).ReadConfig().Image.Epochs));

        using Trainer longer = Trainer.Resume(run, new TrainingConfigBuilder().StartFrom(new RunFolder(run).ReadConfig()).Set("train.steps", "5").Build());
        Assert.Equal((3L, 5), (longer.Step, longer.Settings.Steps));
    }

    [Fact]
    public void Other_images_refuse_to_resume_a_run()
    {
        string data = TinyImages.Write(_folder.FullName), run = Path.Combine(_folder.FullName, "run");
        using (Trainer trainer = Trainer.Create(TinyImages.Config(data), run))
        {
            Assert.Contains(trainer.RunAsync().ToBlockingEnumerable(), happened => happened is EndEvent);
        }

        TinyImages.Write(_folder.FullName, training: 243);
        Assert.Contains("the data must be that which the run began with", Assert.Throws<BadInputException>(() => Trainer.Resume(run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_run_keeps_the_names_of_its_classes_whatever_the_folder_says_now()
    {
        string names = Path.Combine(_folder.FullName, "batches.meta.txt"), run = Path.Combine(_folder.FullName, "run");
        byte[] records = new byte[60 * 3073];
        for (int i = 0; i < 60; i++) (records[i * 3073], records[(i * 3073) + 1 + i]) = ((byte)(i % 10), 255);
        for (int i = 0; i < 5; i++) File.WriteAllBytes(Path.Combine(_folder.FullName, $"data_batch_{i + 1}.bin"), records[(i * 12 * 3073)..((i + 1) * 12 * 3073)]);
        string[] first = [.. Enumerable.Range(0, 10).Select(i => $"kind {i}")];
        File.WriteAllLines(names, first);
        (string, string)[] settings = [("image.network", "perceptron"), ("image.widths", "4,4"), ("image.epochs", "null"), ("evaluate.every", "-1")];
        using (Trainer trainer = Trainer.Create(TinyImages.Config(_folder.FullName, [.. settings, ("train.steps", "2")]), run)) _ = trainer.RunAsync().ToBlockingEnumerable().Last();

        File.WriteAllLines(names, Enumerable.Range(0, 10).Select(i => $"other {i}"));
        using (Trainer trainer = Trainer.Resume(run, TinyImages.Config(_folder.FullName, [.. settings, ("train.steps", "4")])))
        {
            _ = trainer.RunAsync().ToBlockingEnumerable().Last();
            Assert.Equal(4, trainer.Step);
            Assert.Equal(first, ((ImageTask)trainer.Task).Training.Classes);
        }

        using ImageClassifier classifier = ImageClassifier.FromRun(run, threads: 1);
        Assert.Equal(4, classifier.Step);
        Assert.Equal(first, classifier.Classes);
    }

    [Fact]
    public void The_folders_of_a_data_set_name_its_classes_whatever_a_preset_calls_those_of_its_own()
    {
        string[] kinds = ["Ant", "bee", "cow", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"];
        foreach (string kind in kinds)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, kind)).FullName;
            for (int i = 0; i < 4; i++) File.WriteAllText(Path.Combine(folder, $"{i}.png"), "");
        }

        TrainingConfigBuilder Preset() => new TrainingConfigBuilder().UsePreset("fashion-mnist").Set("data.file", _folder.FullName).Set("image.network", "perceptron").Set("image.widths", "4,4").Set("train.batch", "8");
        TrainerOptions options = new() { ImageDecoder = new Grey() };
        string run = Path.Combine(_folder.FullName, ".run");
        File.WriteAllText(Path.Combine(_folder.FullName, "cow", "moo.webp"), "");
        using (Trainer ten = Trainer.CreateOrResume(Preset().Build(), run, options))
        {
            Assert.Equal(kinds, ((ImageTask)ten.Task).Training.Classes);
            Assert.Contains("in 10 classes (Ant, bee, cow, dog, elk and 5 more)", ten.Task.Facts[0].Value, StringComparison.Ordinal);
            Assert.Equal(("left out", $"1 that is no PNG or JPEG by name: {Path.Combine("cow", "moo.webp")}"), ten.Task.Facts[1]);
        }

        // The run that has no checkpoint yet is begun again, with the same names.
        using (Trainer again = Trainer.CreateOrResume(Preset().Build(), run, options)) Assert.Equal(kinds, ((ImageTask)again.Task).Training.Classes);
        Assert.Contains(
            "image.classes must be null for data that names its classes, Ant, bee, cow, dog, elk and 5 more; a, b came",
            Assert.Throws<BadInputException>(() => Trainer.Create(Preset().Set("image.classes", "a,b").Build(), options: options)).Message,
            StringComparison.Ordinal);
        foreach (string kind in kinds[2..]) Directory.Delete(Path.Combine(_folder.FullName, kind), recursive: true);
        using Trainer two = Trainer.Create(Preset().Build(), options: options);
        Assert.Equal(["Ant", "bee"], ((ImageTask)two.Task).Training.Classes);
    }

    [Fact]
    public void Classes_that_are_only_numbered_have_the_names_of_a_preset_with_as_many()
    {
        string data = TinyImages.Write(_folder.FullName);
        TrainingConfigBuilder Preset() => new TrainingConfigBuilder().UsePreset("fashion-mnist").Set("data.file", data).Set("image.network", "perceptron").Set("image.widths", "4,4").Set("train.batch", "8");
        using (Trainer three = Trainer.Create(Preset().Build())) Assert.Equal(["0", "1", "2"], ((ImageTask)three.Task).Training.Classes);
        byte[] labels = File.ReadAllBytes(Path.Combine(data, "train-labels-idx1-ubyte"));
        labels[^1] = 9;
        File.WriteAllBytes(Path.Combine(data, "train-labels-idx1-ubyte"), labels);
        using Trainer ten = Trainer.Create(Preset().Build());
        Assert.Equal(("t-shirt", "ankle boot"), (((ImageTask)ten.Task).Training.Classes[0], ((ImageTask)ten.Task).Training.Classes[9]));
    }

    [Fact]
    public void A_step_of_more_images_than_there_are_is_remarked_on()
    {
        string data = TinyImages.Write(_folder.FullName, training: 30);
        Assert.Empty(Advice("train.batch", "30"));
        Assert.Equal("[data] a step takes 60 images and there are 30 to train on: with a smaller train.batch as many epochs are more steps", Assert.Single(Advice("train.accumulation", "3")));

        IEnumerable<string> Advice(string key, string value)
        {
            using Trainer trainer = Trainer.Create(TinyImages.Config(data, (key, value)));
            return [.. trainer.Description.Advice.Where(line => line.Contains("a step takes", StringComparison.Ordinal))];
        }
    }

    private sealed class Grey : IImageDecoder
    {
        public (byte[] Pixels, ImageShape Shape) Decode(string path) => (new byte[64], new(1, 8, 8));
    }

    [Theory]
    [InlineData("image.widths", "4,5", "image.widths must be 3 whole numbers")]
    [InlineData("image.widths", "4,0,5", "image.widths must be 3 whole numbers")]
    [InlineData("image.views", "3", "image.views must be one of 1, 2, 6")]
    [InlineData("image.network", "resnet", "image.network must be")]
    [InlineData("train.from", "runs/other", "train.from must not be set with image.network")]
    public void Wrong_settings_are_refused(string key, string value, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => TinyImages.Config("x", (key, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_only_the_data_can_say_is_refused_with_it()
    {
        string data = TinyImages.Write(_folder.FullName);
        Assert.Contains("less than its size", Assert.Throws<BadInputException>(() => Trainer.Create(TinyImages.Config(data, ("image.shift", "8")))).Message, StringComparison.Ordinal);
        Assert.Contains("image.classes must name each of the 3", Assert.Throws<BadInputException>(() => Trainer.Create(TinyImages.Config(data, ("image.classes", "a,b")))).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "[images] the network cannot read images of 1x3x3: [window] a window fits",
            Assert.Throws<BadInputException>(() => Trainer.Create(TinyImages.Config(data, ("image.network", "airbench94"), ("image.size", "3")))).Message,
            StringComparison.Ordinal);
        Assert.Contains("must name a folder", Assert.Throws<BadInputException>(() => Trainer.Create(TinyImages.Config("null"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Biases_and_head_are_stepped_by_sgd_where_a_rate_for_them_is_set()
    {
        TrainingConfig config = TinyImages.Config(TinyImages.Write(_folder.FullName), ("image.sgd.biasLearningRate", "0.053"));
        using Trainer trainer = Trainer.Create(config);
        Dictionary<string, SgdOptions> groups = trainer.Description.Plan.Groups.Where(group => group.Options is SgdOptions).ToDictionary(group => group.Name, group => (SgdOptions)group.Options);
        Assert.Equal(["biases", "head"], groups.Keys.Order());
        Assert.Equal((0.053, 0.67), (groups["biases"].LearningRate.Range.Greatest, groups["head"].LearningRate.Range.Greatest));

        // Rate times decay at the peak is 2e-6 for each of the 20 images of a step.
        Assert.All(groups.Values, options => Assert.Equal(4e-5, options.WeightDecay.At(1, 12) * options.LearningRate.Range.Greatest, 1e-15));
        Assert.All(groups.Values, options => Assert.True(options.Nesterov && options.Momentum.At(1, 12) == 0.85));
    }

    [Fact]
    public void The_preset_airbench94_has_the_rates_of_its_script()
    {
        string data = TinyImages.Write(_folder.FullName, size: 24);
        TrainingConfig config = new TrainingConfigBuilder().UsePreset("airbench94").Set("data.file", data).Set("image.widths", "4,4,4").Set("train.batch", "20").Build();
        using Trainer trainer = Trainer.Create(config);

        // 8 epochs of 12 steps; the script counts steps from 0: the whitening's bias has (1 - step / 36), all others (1 - step / 96) of their peak.
        Assert.Equal(96, trainer.Settings.Steps);
        Dictionary<string, ParameterGroup> groups = trainer.Description.Plan.Groups.ToDictionary(group => group.Name);
        Assert.Equal(["biases", "head", "matrices", "whitening"], groups.Keys.Order());
        foreach (int step in new[] { 0, 1, 17, 35, 36, 60, 95 })
        {
            Assert.Equal(0.24 * (1 - (step / 96.0)), Rate("matrices", step), 1e-12);
            Assert.Equal(0.053 * (1 - (step / 96.0)), Rate("biases", step), 1e-12);
            Assert.Equal(0.67 * (1 - (step / 96.0)), Rate("head", step), 1e-12);
            Assert.Equal(Math.Max(0, 0.053 * (1 - (step / 36.0))), Rate("whitening", step), 1e-12);
        }

        Assert.Equal(["whiten.bias"], groups["whitening"].Parameters.Select(parameter => parameter.Name));
        Assert.Equal(["head.weight"], groups["head"].Parameters.Select(parameter => parameter.Name));
        Assert.Equal((6, 6), (groups["matrices"].Parameters.Count, groups["biases"].Parameters.Count));

        // wd = 2e-6 · batch, divided by each group's rate.
        Assert.Equal(2e-6 * 20 / 0.053, groups["biases"].Options.WeightDecay.At(1, 96), 1e-12);
        Assert.Equal(2e-6 * 20 / 0.67, groups["head"].Options.WeightDecay.At(1, 96), 1e-12);
        Assert.Equal((0.85, true), (((SgdOptions)groups["head"].Options).Momentum.At(1, 96), ((SgdOptions)groups["head"].Options).Nesterov));
        MuonOptions muon = (MuonOptions)groups["matrices"].Options, published = MuonPresets.ByName["airbench94"];
        Assert.Equal(published with { LearningRate = muon.LearningRate, WeightDecay = muon.WeightDecay, Momentum = muon.Momentum }, muon);
        Assert.Equal((0.6, 0.0), (muon.Momentum.At(1, 96), muon.WeightDecay.At(1, 96)));

        double Rate(string group, int step) => groups[group].Options.LearningRate.At(step + 1, 96);
    }

    private static async Task<(TrainingConfig Config, List<TrainingEvent> Events, float[] Weights)> Train(TrainingConfig config, string? folder)
    {
        using Trainer trainer = Trainer.Create(config, folder);
        List<TrainingEvent> events = [];
        await foreach (TrainingEvent happened in trainer.RunAsync())
        {
            events.Add(happened);
        }

        return (trainer.Config!, events, Weights(trainer));
    }

    private static float[] Weights(Trainer trainer) =>
        [.. trainer.Parameters.Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray()), .. trainer.Parameters.Buffers.SelectMany(buffer => buffer.Values.Span.ToArray())];
}
