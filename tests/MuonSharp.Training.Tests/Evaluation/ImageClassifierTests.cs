using MuonSharp.Formats;

namespace MuonSharp.Training.Tests;

/// <summary>A run's network as a classifier of single images.</summary>
public sealed class ImageClassifierTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-classifier-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("convnet", "4,6,8")]
    [InlineData("perceptron", "16,8")]
    public void It_answers_as_the_runs_evaluation_did(string network, string widths)
    {
        string data = TinyImages.Write(_folder.FullName, test: 31), run = Path.Combine(_folder.FullName, "run");
        (string, string)[] settings = [("image.network", network), ("image.widths", widths), ("image.classes", "a,b,c"), ("image.views", "6")];
        Runs.Train(TinyImages.Config(data, settings), run, out double accuracy, out double views);
        using ImageClassifier classifier = ImageClassifier.FromRun(run, threads: 1);
        Assert.Equal(["a", "b", "c"], classifier.Classes);
        ImageSet test = TinyImages.Set(31, 2);
        (int right, int rightOfSix) = (0, 0);
        for (int i = 0; i < test.Count; i++)
        {
            byte[] image = classifier.Read($"{Path.Combine(data, "t10k-images-idx3-ubyte")}#{i}", null);
            Assert.Equal(test[i].ToArray(), image);
            double[] one = classifier.Classify(image), six = classifier.Classify(image, views: 6);
            Assert.Equal(1, one.Sum(), 1e-12);
            right += Array.IndexOf(one, one.Max()) == test.Labels[i] ? 1 : 0;
            rightOfSix += Array.IndexOf(six, six.Max()) == test.Labels[i] ? 1 : 0;
        }

        Assert.Equal((accuracy, views), (right / 31.0, rightOfSix / 31.0));
    }

    [Fact]
    public void A_run_that_scales_its_images_scales_what_it_is_asked()
    {
        string data = TinyImages.Write(_folder.FullName, test: 31), run = Path.Combine(_folder.FullName, "run");
        Runs.Train(TinyImages.Config(data, ("image.network", "perceptron"), ("image.widths", "8,8"), ("image.size", "6")), run, out double accuracy, out _);
        using ImageClassifier classifier = ImageClassifier.FromRun(run, threads: 1);
        Assert.Equal((new ImageShape(1, 6, 6), true), (classifier.Shape, classifier.Scales));
        ImageSet test = TinyImages.Set(31, 2);
        int right = 0;
        for (int i = 0; i < test.Count; i++)
        {
            byte[] image = classifier.Read($"{Path.Combine(data, "t10k-images-idx3-ubyte")}#{i}", null);
            Assert.Equal(ImageScaling.Square(test[i], test.Shape, 6), image);
            double[] probabilities = classifier.Classify(image);
            right += Array.IndexOf(probabilities, probabilities.Max()) == test.Labels[i] ? 1 : 0;
        }

        Assert.Equal(accuracy, right / 31.0);
    }

    [Fact]
    public void Images_of_another_size_and_records_that_are_not_there_are_refused()
    {
        string data = TinyImages.Write(_folder.FullName, test: 31), run = Path.Combine(_folder.FullName, "run");
        Runs.Train(TinyImages.Config(data, ("image.network", "perceptron"), ("image.widths", "8,8")), run, out _, out _);
        using ImageClassifier classifier = ImageClassifier.FromRun(run, threads: 1);
        string images = Path.Combine(data, "t10k-images-idx3-ubyte"), cifar = Path.Combine(data, "test_batch.bin");
        File.WriteAllBytes(cifar, new byte[3073]);
        Assert.Contains("from 0 to 30; 31 came", Assert.Throws<BadInputException>(() => classifier.Read(images + "#31", null)).Message, StringComparison.Ordinal);
        Assert.Contains("a record's number", Assert.Throws<BadInputException>(() => classifier.Read(images + "#x", null)).Message, StringComparison.Ordinal);
        Assert.Contains("reads images of 1x8x8; 1x32x32 came", Assert.Throws<InvalidFileException>(() => classifier.Read(cifar, null)).Message, StringComparison.Ordinal);
        Assert.Contains("need a decoder", Assert.Throws<InvalidFileException>(() => classifier.Read("a.png", null)).Message, StringComparison.Ordinal);
        Assert.Equal([76, 150, 29], classifier.Read("a.png", new Colours())[..3]);
        Assert.Contains("must be one of a language model", Assert.Throws<BadInputException>(() => TextGenerator.FromRun(run)).Message, StringComparison.Ordinal);
    }

    /// <summary>Pure red, green and blue, then black.</summary>
    private sealed class Colours : IImageDecoder
    {
        public (byte[] Pixels, ImageShape Shape) Decode(string path)
        {
            byte[] pixels = new byte[192];
            (pixels[0], pixels[64 + 1], pixels[128 + 2]) = (255, 255, 255);
            return (pixels, new(3, 8, 8));
        }
    }

    private static class Runs
    {
        public static void Train(TrainingConfig config, string run, out double accuracy, out double views)
        {
            using Trainer trainer = Trainer.Create(config, run);
            MuonSharp.Training.Evaluation last = trainer.RunAsync().ToBlockingEnumerable().OfType<EvaluationEvent>().Last().Result;
            (accuracy, views) = (last["accuracy"]!.Value, last["accuracy_views"] ?? double.NaN);
        }
    }
}
