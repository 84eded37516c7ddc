module corpusmill

go 1.26
