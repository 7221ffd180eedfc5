using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training.Tests;

/// <summary>How long runs of images are, what an epoch holds, and what a broken network is said to know.</summary>
public sealed class ImageEpochTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-image-epochs-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Epochs_that_drop_what_fills_no_step_are_those_of_plain_loops(int accumulation)
    {
        // 250 images in steps of 40: six steps, and ten images that an epoch leaves out.
        (int count, int batch) = (250, 40 / accumulation);
        ImageSet images = TinyImages.Set(count, 1);
        ModelBuilder builder = new(seed: 1);
        ImageNetwork network = ImageNetworks.Create(builder, "perceptron", images.Shape, 3, [4, 4]);
        using Model model = builder.Build();
        using ImageTask task = new(model, images, network.Layer.Record, null, new() { Batch = batch, Seed = 9, DropLast = true });
        using ImageTask whole = new(model, images, network.Layer.Record, null, new() { Batch = batch, Seed = 9 });
        EpochOrder shuffled = new(count, 9, "images/order");
        int step = 0;
        HashSet<int> left = [];
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[] order = [.. Enumerable.Range(0, count).Select(i => shuffled.At(((long)epoch * count) + i))];
            Assert.Equal(count, order.Distinct().Count());
            left.UnionWith(order[240..]);
            for (int first = 0; first + 40 <= count; first += 40)
            {
                step++;
                for (int i = 0; i < 40; i++)
                {
                    Assert.Equal((epoch, order[first + i]), task.Drawn(step, i / batch, 1f / accumulation, i % batch));
                }
            }
        }

        // Others are left out each time, and a task that drops nothing goes on with them.
        Assert.Equal(18, step);
        Assert.True(left.Count > 20);
        Assert.Equal((0, shuffled.At(240)), whole.Drawn(7, 0, 1f / accumulation, 0));
        Assert.Equal((1, shuffled.At(250)), whole.Drawn(7, 10 / batch, 1f / accumulation, 10 % batch));
    }

    [Theory]
    [InlineData("true", 6, 12)]
    [InlineData("false", 6.25, 13)]
    public void Steps_of_epochs_that_drop_are_whole(string drops, double ofEpoch, int steps)
    {
        string data = TinyImages.Write(_folder.FullName, training: 250);
        using Trainer trainer = Trainer.Create(TinyImages.Config(data, ("train.batch", "40"), ("image.epochs", "2"), ("image.dropLast", drops)));
        Assert.Equal((steps, (int)Math.Ceiling(2 * ofEpoch)), (trainer.Settings.Steps, trainer.Settings.Steps));
        BadInputException error = Assert.Throws<BadInputException>(() => Trainer.Create(TinyImages.Config(data, ("train.batch", "126"), ("train.accumulation", "2"), ("image.dropLast", "true"))));
        Assert.Equal("[images] train.batch x train.accumulation must be at most the 250 images of an epoch with image.dropLast; 252 came", error.Message);
    }

    [Fact]
    public void Steps_count_where_they_are_given_later_than_epochs()
    {
        string data = TinyImages.Write(_folder.FullName), file = Path.Combine(_folder.FullName, "mine.json");
        ConfigOrigin option = new(ConfigSource.Option, "--steps");
        File.WriteAllText(file, """{"image": {"epochs": 2}}""");
        Assert.Equal(24, Steps(builder => builder.AddFile(file)));
        Assert.Equal(7, Steps(builder => builder.AddFile(file).Set("train.steps", "7", option)));
        Assert.Equal(7, Steps(builder => builder.Set("train.steps", "7", option)));
        File.WriteAllText(file, """{"train": {"steps": 5}}""");
        Assert.Equal(5, Steps(builder => builder.AddFile(file)));
        Assert.Equal(36, Steps(builder => builder.AddFile(file).Set("image.epochs", "3", new(ConfigSource.Option, "--set"))));

        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Steps(builder => builder.Set("image.epochs", "3", new(ConfigSource.Option, "--set")).Set("train.steps", "7", option)));
        Assert.Equal("[config] train.steps and image.epochs must not both be given, since each says how long the run is; 7 (--steps) and 3 (--set) came", Assert.Single(error.Problems));

        int Steps(Func<TrainingConfigBuilder, TrainingConfigBuilder> given)
        {
            TrainingConfigBuilder builder = new TrainingConfigBuilder().UsePreset("fashion-mnist");
            foreach ((string key, string value) in new[] { ("data.file", data), ("image.classes", "null"), ("image.network", "perceptron"), ("image.widths", "4,4"), ("train.batch", "20"), ("train.threads", "1") })
            {
                builder.Set(key, value);
            }

            using Trainer trainer = Trainer.Create(given(builder).Build());
            return trainer.Settings.Steps;
        }
    }

    [Fact]
    public void A_broken_network_takes_images_for_no_class()
    {
        ImageSet images = TinyImages.Set(30, 1);
        float[] logits = new float[30 * 3];
        for (int i = 0; i < 30; i++) logits[(i * 3) + images.Labels[i]] = 1;
        Assert.Equal((1.0, 0), (new ImageEvaluation(images, logits).Accuracy, new ImageEvaluation(images, logits).WithoutAnswer));

        // One of class 0 that is all NaN, one of class 1 with a NaN elsewhere, one of class 2 that is infinitely sure; minus infinity is a logit like others.
        logits.AsSpan(0, 3).Fill(float.NaN);
        (logits[3], logits[8], logits[9]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        (logits[10], logits[11]) = (2, 0);
        ImageEvaluation evaluation = new(images, logits);
        Assert.Equal((3, 26 / 30.0, 30), (evaluation.WithoutAnswer, evaluation.Accuracy, evaluation.Images));
        Assert.Equal((3, 0, 1), (evaluation.Mistakes.Single().Index, evaluation.Mistakes.Single().Actual, evaluation.Mistakes.Single().Answer));
        Assert.Equal((9 - 1, 1, 9, 9), (evaluation.Count(0, 0), evaluation.Count(0, 1), evaluation.Count(1, 1), evaluation.Count(2, 2)));

        ModelBuilder builder = new(seed: 1);
        ImageNetwork network = ImageNetworks.Create(builder, "perceptron", images.Shape, 3, [4, 4]);
        using Model model = builder.Build();
        using ImageTask task = new(model, images, network.Layer.Record, images, new() { Batch = 10, Views = 2 });
        model.Parameters.Parameters[^1].Weights.Span.Fill(float.NaN);
        Training.Evaluation found = task.Evaluate(CancellationToken.None)!;
        Assert.Equal((double.NaN, 0.0, 0.0), (found["val_loss"], found["accuracy"], found["accuracy_views"]));
        Assert.Equal((30, 0), (task.Details!.WithoutAnswer, task.Details.Mistakes.Length));
    }
}
