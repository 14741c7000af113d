#!/usr/bin/python3
"""Word vectors by gensim (python3-gensim) or by the command fasttext, with the settings and the row of sgns.cpp.
usage: sgns_peers.py gensim|fasttext CORPUS THREADS [EPOCHS [SEED [OUT]]]
Reading the vocabulary does not count; for fastText it is measured by a run of one epoch."""
import os
import resource
import subprocess
import sys
import tempfile
import time

DIM, WINDOW, NEGATIVE, SAMPLE, MIN_COUNT, RATE = 100, 5, 5, 1e-3, 5, 0.025


def gensim(corpus, threads, epochs, seed, out):
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence
    model = Word2Vec(vector_size=DIM, window=WINDOW, negative=NEGATIVE, sample=SAMPLE, min_count=MIN_COUNT, alpha=RATE,
                     sg=1, workers=threads, seed=seed)
    model.build_vocab(LineSentence(corpus))
    start = time.time()
    model.train(LineSentence(corpus), total_examples=model.corpus_count, epochs=epochs)
    seconds = time.time() - start
    if out:
        model.wv.save_word2vec_format(out)
    return model.corpus_total_words * epochs / seconds, seconds, resource.RUSAGE_SELF


def fasttext(corpus, threads, epochs, seed, out):
    with tempfile.TemporaryDirectory() as folder:
        def run(count):
            start = time.time()
            subprocess.run(["fasttext", "skipgram", "-input", corpus, "-output", f"{folder}/m", "-dim", str(DIM), "-ws",
                            str(WINDOW), "-neg", str(NEGATIVE), "-minCount", str(MIN_COUNT), "-t", str(SAMPLE), "-lr",
                            str(RATE), "-epoch", str(count), "-thread", str(threads), "-seed", str(seed), "-minn", "0",
                            "-maxn", "0", "-bucket", "1", "-verbose", "0"], check=True)
            return time.time() - start
        seconds = -run(1) + run(epochs + 1)
        if out:
            run(epochs)
            os.replace(f"{folder}/m.vec", out)
    with open(corpus) as lines:
        words = sum(len(line.split()) for line in lines)
    return words * epochs / seconds, seconds, resource.RUSAGE_CHILDREN


tool, corpus, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
epochs, seed, out = (sys.argv[4:] + [None] * 3)[:3]
speed, seconds, who = {"gensim": gensim, "fasttext": fasttext}[tool](corpus, threads, int(epochs or 1), int(seed or 1), out)
peak = resource.getrusage(who).ru_maxrss // 1024
print(f"{tool}\tpairs\t1\t{threads}\t{speed:.0f}\t{seconds:.2f}\t{peak}\t")
